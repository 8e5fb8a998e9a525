//! How many epochs a network is trained for, by the number of optimizer steps that its texts and classes need.
//!
//! Takes the number of training texts, their classes and the size of a batch -> gives epochs, unless the settings name a number.
//! What a network learns depends on its steps, not on how often it has seen a text: few texts in many classes need many epochs,
//! many texts in two classes only a few.

/// Steps per square root of the number of classes. Twelve epochs of 20 Newsgroups, for which the recipe was chosen, are so many.
const STEPS: f64 = 850.0;
/// Fewest epochs: on 10,800 Korean reviews validation prefers twelve to four.
const FEWEST: usize = 8;
/// Of more than 40,000 texts there may be fewer: as many as fit into so many steps, but each text is seen twice.
const ENOUGH_STEPS: usize = 10_000;
const TWICE: usize = 2;
/// Most epochs: 36 are better for few texts in many classes, and take half as long again.
const MOST: usize = 24;

/// So many epochs that the optimizer takes about 850 √classes steps; at least 8, or 10,000 steps where those are fewer epochs, at most 24.
pub(super) fn by_steps(texts: usize, num_classes: usize, batch_size: usize) -> usize {
    let steps = STEPS * (num_classes.max(1) as f64).sqrt();
    let steps_per_epoch = texts.div_ceil(batch_size.max(1)).max(1);
    let fewest = (ENOUGH_STEPS / steps_per_epoch).clamp(TWICE, FEWEST);
    ((steps / steps_per_epoch as f64).round() as usize).clamp(fewest, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_follow_from_steps_within_bounds() {
        let epochs = |texts, classes| by_steps(texts, classes, 32);
        assert_eq!(epochs(10_183, 20), 12, "20 Newsgroups");
        assert_eq!(epochs(3_870, 46), 24, "few texts in many classes");
        assert_eq!(epochs(10_800, 2), 8, "many texts in two classes");
        assert_eq!(epochs(3_600, 2), 11);
        assert_eq!((epochs(0, 0), epochs(50, 2), epochs(1_000_000, 2)), (24, 24, 2));
        assert_eq!((epochs(40_000, 2), epochs(100_000, 2), epochs(100_000, 100)), (8, 3, 3));
    }
}
