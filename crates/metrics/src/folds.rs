//! Texts cut into folds of about equal size, so that what is fitted on some of them can be judged on the others.
//!
//! Takes labels and a seed -> gives each text's fold. Every class is dealt out like cards, after shuffling, the next class
//! from where the last one ended: no fold has two texts more of a class than another, nor two texts more in all.

use ninefold_core::rng::Rng;

/// The fold of each text, counted from 0.
///
/// # Panics
/// When a label is not below `num_classes`, or there is no fold.
///
/// # Examples
/// ```
/// use ninefold_metrics::stratified_folds;
///
/// let folds = stratified_folds(&[0, 0, 0, 1, 1, 1], 2, 3, 7);
/// for fold in 0..3 {
///     assert_eq!(folds.iter().filter(|&&of_text| of_text == fold).count(), 2);
/// }
/// ```
pub fn stratified_folds(labels: &[u32], num_classes: usize, folds: usize, seed: u64) -> Vec<usize> {
    assert!(folds > 0, "at least one fold");
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); num_classes];
    labels.iter().enumerate().for_each(|(text, &label)| members[label as usize].push(text));
    let mut rng = Rng::for_purpose(seed, "folds");
    let (mut of_text, mut next) = (vec![0; labels.len()], 0);
    for mut members in members {
        rng.shuffle(&mut members);
        for text in members {
            of_text[text] = next % folds;
            next += 1;
        }
    }
    of_text
}

/// All members in an order of which every beginning has nearly the same fractions of the classes as the whole.
///
/// # Examples
/// ```
/// use ninefold_metrics::stratified_order;
///
/// assert_eq!(stratified_order(&[vec![0, 1, 2, 3], vec![4, 5]]), [0, 4, 1, 2, 5, 3]);
/// ```
pub fn stratified_order(classes: &[Vec<usize>]) -> Vec<usize> {
    let position = |rank: usize, size: usize| (rank as f64 + 0.5) / size as f64;
    let of_class = |class: &Vec<usize>| {
        let size = class.len();
        (0..).zip(class.clone()).map(move |(rank, member)| (position(rank, size), member))
    };
    let mut placed: Vec<(f64, usize)> = classes.iter().flat_map(of_class).collect();
    placed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    placed.into_iter().map(|(_, member)| member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fold_has_its_share_of_every_class() {
        let labels: Vec<u32> = (0..103).map(|text| [0, 0, 0, 1, 1, 3][text % 6]).collect();
        let folds = stratified_folds(&labels, 4, 5, 7);
        for class in 0..4 {
            let count = |fold| (0..103).filter(|&text| folds[text] == fold && labels[text] == class).count();
            let counts: Vec<usize> = (0..5).map(count).collect();
            assert!(counts.iter().max().unwrap_or(&0) - counts.iter().min().unwrap_or(&0) <= 1, "{counts:?}");
        }
        let sizes: Vec<usize> = (0..5).map(|fold| folds.iter().filter(|&&of| of == fold).count()).collect();
        assert!(sizes.iter().all(|&size| size == 20 || size == 21), "{sizes:?}");
        assert_eq!(folds, stratified_folds(&labels, 4, 5, 7));
        assert_ne!(folds, stratified_folds(&labels, 4, 5, 8));
        assert!(stratified_folds(&[], 4, 5, 7).is_empty());
    }
}
