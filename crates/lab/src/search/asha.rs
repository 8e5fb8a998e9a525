//! Which trial is trained next, and for how long: asynchronous successive halving.
//!
//! Takes the scores that trials reach at each rung (a number of epochs) -> gives the next job: the best third of a rung goes
//! on to the next, as soon as it is among the best third of those that are there by then; else a new trial begins. Nobody
//! waits for a rung to be full. Knows no settings and no networks.
//!
//! # Source
//! Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht & Talwalkar, "A system for massively parallel hyperparameter
//! tuning" (2020), algorithm 2.

use std::collections::BTreeSet;

/// Train this trial up to that rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) trial: usize,
    pub(crate) rung: usize,
}

/// What is known of all trials.
pub(crate) struct Asha {
    reduction_factor: usize,
    /// The score of each trial that reached a rung, best first. `[rungs]`
    reached: Vec<Vec<(f64, usize)>>,
    /// Trials that were sent on from a rung. `[rungs]`
    promoted: Vec<BTreeSet<usize>>,
    /// Jobs that an earlier run began and did not end.
    pending: Vec<Job>,
    next_trial: usize,
}

impl Asha {
    pub(crate) fn new(rungs: usize, reduction_factor: usize) -> Asha {
        Asha {
            reduction_factor,
            reached: vec![Vec::new(); rungs],
            promoted: vec![BTreeSet::new(); rungs],
            pending: Vec::new(),
            next_trial: 0,
        }
    }

    /// Takes up a trial of an earlier run: its scores at the rungs that it reached, and the rung that it was on its way to.
    pub(crate) fn restore(&mut self, trial: usize, scores: &[f64], underway: Option<usize>) {
        self.next_trial = self.next_trial.max(trial + 1);
        for (rung, &score) in scores.iter().enumerate() {
            if rung > 0 {
                self.promoted[rung - 1].insert(trial);
            }
            self.report(Job { trial, rung }, score);
        }
        if let Some(rung) = underway {
            if rung > 0 {
                self.promoted[rung - 1].insert(trial);
            }
            self.pending.push(Job { trial, rung });
        }
    }

    /// The next job; `None` when nothing can be sent on and no further trial is wanted.
    pub(crate) fn next(&mut self, trials: usize) -> Option<Job> {
        if !self.pending.is_empty() {
            return Some(self.pending.remove(0));
        }
        for rung in (0..self.reached.len().saturating_sub(1)).rev() {
            let best = self.reached[rung].len() / self.reduction_factor;
            let next = self.reached[rung][..best].iter().find(|(_, trial)| !self.promoted[rung].contains(trial));
            if let Some(&(_, trial)) = next {
                self.promoted[rung].insert(trial);
                return Some(Job { trial, rung: rung + 1 });
            }
        }
        (self.next_trial < trials).then(|| {
            self.next_trial += 1;
            Job { trial: self.next_trial - 1, rung: 0 }
        })
    }

    /// The job that takes the best trial of the highest rung to the end, when nothing else is left to do: where few trials
    /// are tried, no rung below the last has enough of them to send one on.
    pub(crate) fn last(&mut self) -> Option<Job> {
        let rung = self.reached.iter().rposition(|rung| !rung.is_empty())?;
        let (_, trial) = self.reached[rung][0];
        (rung + 1 < self.reached.len() && self.promoted[rung].insert(trial)).then_some(Job { trial, rung: rung + 1 })
    }

    pub(crate) fn report(&mut self, job: Job, score: f64) {
        let rung = &mut self.reached[job.rung];
        let place = rung.partition_point(|(other, trial)| *other > score || (*other == score && *trial < job.trial));
        rung.insert(place, (score, job.trial));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All jobs of a search in which trial n always scores `scores[n]`.
    fn run(asha: &mut Asha, scores: &[f64]) -> Vec<Job> {
        let mut jobs = Vec::new();
        while let Some(job) = asha.next(scores.len()).or_else(|| asha.last()) {
            asha.report(job, scores[job.trial]);
            jobs.push(job);
        }
        jobs
    }

    #[test]
    fn the_best_third_goes_on_and_the_best_of_all_reaches_the_end() {
        let scores: Vec<f64> = (0..27).map(|n| f64::from((n * 7) % 27)).collect();
        let jobs = run(&mut Asha::new(3, 3), &scores);
        let at = |rung: usize| jobs.iter().filter(|job| job.rung == rung).count();
        // Besides the final best third, some that were among the best when they were sent on.
        assert_eq!(at(0), 27);
        assert!((9..=14).contains(&at(1)) && (3..=6).contains(&at(2)), "{jobs:?}");
        let best = scores.iter().position(|&score| score == 26.0).unwrap_or_default();
        assert!(jobs.contains(&Job { trial: best, rung: 2 }));
        let worst = scores.iter().position(|&score| score == 0.0).unwrap_or_default();
        assert!(!jobs.contains(&Job { trial: worst, rung: 1 }) || worst == 0);
    }

    #[test]
    fn a_few_trials_still_send_one_to_the_end() {
        let jobs = run(&mut Asha::new(4, 3), &[0.1, 0.9]);
        let on = |rung: usize| Job { trial: 1, rung };
        assert_eq!(jobs[2..], [on(1), on(2), on(3)]);
    }

    #[test]
    fn what_was_broken_off_is_done_first_and_nothing_twice() {
        let scores: Vec<f64> = (0..9).map(f64::from).collect();
        let mut whole = Asha::new(2, 3);
        let jobs = run(&mut whole, &scores);
        for stop in 1..jobs.len() {
            let mut again = Asha::new(2, 3);
            for (trial, &score) in scores.iter().enumerate() {
                let own: Vec<&Job> = jobs[..stop].iter().filter(|job| job.trial == trial).collect();
                let underway = (jobs[stop - 1].trial == trial).then_some(jobs[stop - 1].rung);
                let reached = own.len() - usize::from(underway.is_some());
                if !own.is_empty() {
                    again.restore(trial, &vec![score; reached], underway);
                }
            }
            assert_eq!(run(&mut again, &scores), jobs[stop - 1..], "after {stop} jobs");
        }
    }
}
