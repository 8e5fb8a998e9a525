//! Confident learning: which labels are wrong, from probabilities of models that have not seen the texts.
//!
//! Takes labels and out-of-fold probabilities -> gives the estimated joint distribution of given and true labels, and suspects.
//!
//! # Source
//! Northcutt, Jiang & Chuang, "Confident learning: estimating uncertainty in dataset labels" (2021); the suspects are those of
//! cleanlab's `filter_by="both"`.

use crate::data::{Data, excerpt};
use crate::finding::Suspect;
use crate::probes::Probed;

/// How much more probable another label must be than the given one, for a suspect to be sure.
const SURE_RATIO: f32 = 10.0;

/// The confident joint of given and true labels.
pub(crate) struct Joint {
    /// Mean probability of each class among the texts with that label. `[classes]`
    thresholds: Vec<f64>,
    /// Texts of given label (row) that are confidently of a class (column). `[classes, classes]`
    counts: Vec<u32>,
    /// Texts of each label.
    sizes: Vec<u32>,
}

impl Joint {
    pub(crate) fn of(labels: &[u32], probabilities: &[f32], num_classes: usize) -> Joint {
        let mut sizes = vec![0u32; num_classes];
        let mut sums = vec![0.0; num_classes];
        let rows = || labels.iter().map(|&label| label as usize).zip(probabilities.chunks_exact(num_classes));
        for (label, row) in rows() {
            sizes[label] += 1;
            sums[label] += f64::from(row[label]);
        }
        let thresholds: Vec<f64> =
            sums.iter().zip(&sizes).map(|(sum, &size)| if size == 0 { 2.0 } else { sum / f64::from(size) }).collect();
        let mut counts = vec![0; num_classes * num_classes];
        for (label, row) in rows() {
            let above = (0..num_classes).filter(|&class| f64::from(row[class]) >= thresholds[class]);
            if let Some(class) = above.max_by(|&a, &b| row[a].total_cmp(&row[b])) {
                counts[label * num_classes + class] += 1;
            }
        }
        Joint { thresholds, counts, sizes }
    }

    /// Of the texts with a label the fraction that is estimated to be of each class.
    fn row(&self, label: usize) -> impl Iterator<Item = f64> + '_ {
        let row = &self.counts[label * self.sizes.len()..][..self.sizes.len()];
        let total: u32 = row.iter().sum();
        row.iter().map(move |&count| f64::from(count) / f64::from(total.max(1)))
    }

    /// The estimated fraction of wrong labels.
    pub(crate) fn wrong(&self) -> f64 {
        let texts: f64 = self.sizes.iter().map(|&size| f64::from(size)).sum();
        let of_label = |label: usize| {
            let right = self.row(label).nth(label).unwrap_or(0.0);
            let is_known = self.row(label).sum::<f64>() > 0.0;
            if is_known { f64::from(self.sizes[label]) * (1.0 - right) } else { 0.0 }
        };
        (0..self.sizes.len()).map(of_label).sum::<f64>() / texts.max(1.0)
    }

    /// Texts that both rules of pruning would remove: among the least probable of their label, and among those with the largest
    /// margin of another class.
    fn suspects(&self, labels: &[u32], probabilities: &[f32], predicted: &[u32]) -> Vec<usize> {
        let num_classes = self.sizes.len();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); num_classes];
        labels.iter().enumerate().for_each(|(text, &label)| members[label as usize].push(text));
        let probability = |text: usize, class: usize| probabilities[text * num_classes + class];
        let (mut by_class, mut by_rate) = (vec![false; labels.len()], vec![false; labels.len()]);
        for (label, members) in members.iter_mut().enumerate() {
            let row: Vec<f64> = self.row(label).collect();
            if row.iter().sum::<f64>() == 0.0 {
                continue;
            }
            let count = |fraction: f64| (fraction * members.len() as f64).round() as usize;
            let (wrong, others): (usize, Vec<usize>) =
                (count(1.0 - row[label]), row.iter().map(|&of| count(of)).collect());
            members.sort_by(|&a, &b| probability(a, label).total_cmp(&probability(b, label)));
            members.iter().take(wrong).for_each(|&text| by_class[text] = true);
            for (class, &count) in others.iter().enumerate().filter(|&(class, &count)| class != label && count > 0) {
                let margin = |text: usize| probability(text, class) - probability(text, label);
                members.sort_by(|&a, &b| margin(b).total_cmp(&margin(a)).then(a.cmp(&b)));
                members.iter().take(count).for_each(|&text| by_rate[text] = true);
            }
        }
        (0..labels.len()).filter(|&text| by_class[text] && by_rate[text] && predicted[text] != labels[text]).collect()
    }
}

/// Suspicious labels among the learned texts.
pub(crate) struct Suspects {
    /// The estimated fraction of wrong labels: at most so many.
    pub(crate) wrong_at_most: f64,
    /// All suspects, the most suspicious first: text and whether all probes agree and are sure.
    pub(crate) list: Vec<(usize, bool)>,
}

impl Suspects {
    pub(crate) fn of(labels: &[u32], probed: &Probed) -> Suspects {
        let joint = Joint::of(labels, &probed.mean, probed.num_classes);
        let is_sure = |text: usize| {
            let (row, label) = (probed.probabilities(text), labels[text] as usize);
            probed.unanimous(text).map(|class| class as usize).is_some_and(|class| {
                class != label
                    && f64::from(row[class]) >= joint.thresholds[class]
                    && row[class] >= SURE_RATIO * row[label]
            })
        };
        let mut list: Vec<(usize, bool)> = joint
            .suspects(labels, &probed.mean, &probed.mean_predicted)
            .into_iter()
            .map(|text| (text, is_sure(text)))
            .collect();
        let probability = |text: usize| probed.probabilities(text)[labels[text] as usize];
        let agree = |text: usize| probed.unanimous(text).is_some();
        list.sort_by(|&(a, a_sure), &(b, b_sure)| {
            let by_kind = (b_sure, agree(b)).cmp(&(a_sure, agree(a)));
            by_kind.then(probability(a).total_cmp(&probability(b))).then(a.cmp(&b))
        });
        Suspects { wrong_at_most: joint.wrong(), list }
    }

    /// The list as records.
    pub(crate) fn records(&self, data: &Data, probed: &Probed, other_label: &[bool]) -> Vec<Suspect> {
        let record = |&(text, is_sure): &(usize, bool)| {
            let (item, row, label) = (data.learned.items[text], probed.probabilities(text), data.learned.labels[text]);
            let suggested = probed.mean_predicted[text];
            let agreeing = match probed.probes.len() {
                1 => "the probe gives".to_string(),
                all if probed.unanimous(text).is_some() => format!("all {all} probes give"),
                _ => "most probability goes to".to_string(),
            };
            let sure = if is_sure { ", and are sure" } else { "" };
            let copy = if other_label[text] { "; a copy has another label" } else { "" };
            Suspect {
                index: data.learned.indices[text],
                source: item.source.to_string(),
                label: data.class(label).to_string(),
                suggested: data.class(suggested).to_string(),
                probability: f64::from(row[label as usize]),
                suggested_probability: f64::from(row[suggested as usize]),
                is_sure,
                why: format!("{agreeing} {}{sure}{copy}", data.class(suggested)),
                text: excerpt(item.text),
            }
        };
        self.list.iter().map(record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_wrong_labels_are_counted_and_suspected() {
        // 100 texts of two classes, clearly distinguished; every tenth label of class 0 says 1.
        let truth: Vec<u32> = (0..100).map(|text| text % 2).collect();
        let labels: Vec<u32> =
            truth.iter().enumerate().map(|(text, &class)| u32::from(text % 20 == 0) | class).collect();
        let row = |&class: &u32| if class == 0 { [0.95, 0.05] } else { [0.1, 0.9] };
        let probabilities: Vec<f32> = truth.iter().flat_map(row).collect();
        let joint = Joint::of(&labels, &probabilities, 2);
        assert!((joint.wrong() - 0.05).abs() < 1e-9, "{}", joint.wrong());
        assert_eq!(joint.suspects(&labels, &probabilities, &truth), [0, 20, 40, 60, 80]);
    }

    #[test]
    fn class_without_texts_has_no_wrong_labels() {
        let joint = Joint::of(&[0, 0], &[0.9, 0.1, 0.8, 0.2], 2);
        assert_eq!(joint.wrong(), 0.0);
    }
}
