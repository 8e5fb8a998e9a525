//! A distillation as text: what the student costs and scores compared with its teacher.

use std::iter::once;

use super::plain::plain_table;
use crate::phrases::{distance, percent, side, verdict};
use ninefold_records::{Distilled, DistilledRow};

const HEAD: [&str; 7] = ["", "parameters", "MB", "texts/s", "validation", "test", "F1 macro"];

/// The protocol, the models compared, a row for each, and what the student gains and loses.
pub fn distilled_table(done: &Distilled) -> String {
    let who = done.rows.iter().take(2).map(|row| format!("{}: {}\n", row.role, row.name)).collect::<String>();
    let table = plain_table(&HEAD, 1, done.rows.iter().map(cells));
    let legend = "Accuracy in % on the validation and the test texts, macro F1 on the test texts; size on the disk.";
    let insights: String = insights(done).into_iter().map(|insight| insight + "\n").collect();
    format!("{}\n{who}\n{table}{legend}\n\n{insights}", done.protocol)
}

fn cells(row: &DistilledRow) -> Vec<String> {
    let megabytes = format!("{:.1}", row.bytes as f64 / 1e6);
    let scores = [row.validation.accuracy, row.test.accuracy, row.test.f1_macro].map(percent);
    let figures = [row.parameters.to_string(), megabytes, format!("{:.0}", row.texts_per_s)];
    once(row.role.clone()).chain(figures).chain(scores).collect()
}

fn insights(done: &Distilled) -> Vec<String> {
    let mut insights = Vec::new();
    if let [teacher, student, ..] = done.rows.as_slice() {
        let smaller = teacher.bytes as f64 / student.bytes.max(1) as f64;
        let faster = student.texts_per_s / teacher.texts_per_s.max(1e-9);
        insights
            .push(format!("The student is {smaller:.1} times smaller and {faster:.1} times faster than its teacher."));
    }
    insights.extend(done.comparisons.iter().map(|comparison| {
        let of = if comparison.b == "teacher" { "its teacher" } else { "the same network without a teacher" };
        format!(
            "Test accuracy: {} points {} {of} ({}).",
            distance(comparison.difference),
            side(comparison.difference),
            verdict(comparison, done.confidence_level)
        )
    }));
    insights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use ninefold_metrics::{ConfidenceLevel, Scores};
    use ninefold_records::Comparison;

    fn distilled() -> Distilled {
        let row = |role: &str, name: &str, bytes: u64, accuracy: f64| DistilledRow {
            role: role.into(),
            name: name.into(),
            parameters: bytes as usize / 4,
            bytes,
            texts_per_s: 1e9 / bytes as f64,
            validation: Scores { accuracy: accuracy + 0.01, ..Scores::default() },
            test: Scores { accuracy, f1_macro: accuracy - 0.01, ..Scores::default() },
        };
        let comparison = |b: &str, difference: f64, p: f64| Comparison {
            a: "student".into(),
            b: b.into(),
            difference,
            p,
            p_corrected: p,
            test: "mcnemar".into(),
        };
        Distilled {
            protocol: sample::protocol(),
            rows: vec![
                row("teacher", "5 networks", 20_000_000, 0.75),
                row("student", "word2vec + gru", 4_000_000, 0.731),
                row("without a teacher", "word2vec + gru", 4_000_000, 0.7),
            ],
            comparisons: vec![comparison("teacher", -0.019, 0.023), comparison("without a teacher", 0.031, 0.0001)],
            confidence_level: ConfidenceLevel::default(),
        }
    }

    #[test]
    fn student_is_shown_beside_its_teacher() {
        insta::assert_snapshot!(distilled_table(&distilled()), @r"
        data: 20newsgroups; 20 classes; train 10,183, validation 1,131, test 7,532
        split: bydate; validation: 10 % of train, stratified, seed 0
        stripped: headers, footers, quotes; empty texts (kept): train 218, validation 20, test 165
        teacher: 5 networks
        student: word2vec + gru

        ─────────────────────────────────────────────────────────────────────────
                            parameters    MB  texts/s  validation  test  F1 macro
        ═════════════════════════════════════════════════════════════════════════
         teacher               5000000  20.0       50        76.0  75.0      74.0
         student               1000000   4.0      250        74.1  73.1      72.1
         without a teacher     1000000   4.0      250        71.0  70.0      69.0
        ─────────────────────────────────────────────────────────────────────────
        Accuracy in % on the validation and the test texts, macro F1 on the test texts; size on the disk.

        The student is 5.0 times smaller and 5.0 times faster than its teacher.
        Test accuracy: 1.9 points below its teacher (significant, p = 0.023).
        Test accuracy: 3.1 points above the same network without a teacher (significant, p < 0.001).
        ");
    }

    #[test]
    fn what_is_significant_depends_on_the_level() {
        let strict = Distilled { confidence_level: ConfidenceLevel::new(0.99), ..distilled() };
        let verdicts = |done: &Distilled| -> Vec<bool> {
            insights(done)[1..].iter().map(|insight| insight.contains("(significant")).collect()
        };
        assert_eq!((verdicts(&distilled()), verdicts(&strict)), (vec![true, true], vec![false, true]));
    }
}
