//! A search for settings: random places of a declared space, of which the better ones are trained further.
//!
//! ```text
//! space --draw--> trial 0..n --train a little--> judged on validation --best third--> train on --> ... --> best.toml
//! ```
//!
//! *takes* a [`Config`] with its `[search]` -> *gives* a folder that is readable at any moment, and resumed:
//!
//! ```text
//! config.toml   trials/0007.json (and .safetensors meanwhile)   search.json   best.toml
//! ```
//!
//! Test labels are not looked at: `ninefold compare --config best.toml` does that, once.

mod asha;
pub(crate) mod config;
mod elsewhere;
mod space;
mod trial;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use self::asha::{Asha, Job};
use self::space::Space;
use self::trial::Trials;
use crate::run::texts::Texts;
use crate::run::{in_memory, workers};
use crate::store::{intact, keys};
use crate::{Config, RunFolder, Session};
pub use config::SearchConfig;
pub use elsewhere::{TrialFiles, TrialWorkers, run_trial};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::write_atomically;
use ninefold_core::phrasing::{counted, percent};
use ninefold_core::progress::Progress;
use ninefold_core::threads::in_each;
use ninefold_data::Corpus;
use ninefold_records::{RunRecords, SearchResults, Trial};

/// Searches, or goes on with what an earlier search of the same space left in `path`; the budget may have grown meanwhile.
///
/// # Errors
/// [`Error::InvalidValue`] for a space without meaning; those of the corpus, the vectors and the disk; [`Error::Threads`];
/// [`Error::Interrupted`] when the session's progress says so: the folder then holds every epoch that was finished.
pub fn search(config: &Config, path: &Path, session: &Session) -> Result<SearchResults> {
    let load = || ninefold_data::load(&config.corpus, session.folders, session.progress);
    session.install(|| search_in(config, load, path, session, None))
}

/// As [`search`], with a corpus that is in memory already. `elsewhere` does the trials on other machines; without it they are done here.
///
/// # Errors
/// As [`search`], and those of the workers.
pub fn search_corpus(
    corpus: Corpus,
    config: &Config,
    path: &Path,
    session: &Session,
    elsewhere: Option<&dyn TrialWorkers>,
) -> Result<SearchResults> {
    let config = in_memory(config, &corpus);
    session.install(|| search_in(&config, || Ok(corpus), path, session, elsewhere))
}

/// What the trials of a search depend on.
struct Plan {
    /// With what is chosen from the texts.
    config: Config,
    texts: Texts,
    space: Space,
    /// The epochs of each rung.
    rungs: Vec<usize>,
    key: String,
}

impl Plan {
    /// # Errors
    /// Those of the settings; [`Error::Data`] for texts without a validation part.
    fn new(config: &Config, corpus: Corpus, session: &Session) -> Result<Plan> {
        let config = &config.in_one_unit()?;
        let space = Space::of(config)?;
        corpus.notices.iter().for_each(|notice| session.progress.notice(notice));
        let texts = Texts::of(corpus, config, session)?;
        if texts.validation.is_empty() {
            return Err(Error::data("a search needs validation texts: set corpus.validation_fraction above 0"));
        }
        let config = texts.fit(config, session.progress);
        let rungs = config.search.rungs(texts.epochs(&config.training));
        let key = json!({ "config": config.settled(), "texts": texts.fingerprint, "space": space, "rungs": rungs });
        Ok(Plan { config, texts, space, rungs, key: keys::of(&key)? })
    }

    /// The trials with their records in `folder`, of which none lasts beyond the deadline.
    fn trials<'a>(&'a self, folder: PathBuf, deadline: Option<Instant>, session: &'a Session) -> Trials<'a> {
        let Plan { config, texts, space, rungs, key } = self;
        let (key, vectors) = (key.clone(), Mutex::default());
        Trials { config, session, texts, space, rungs, folder, key, deadline, vectors }
    }
}

fn search_in(
    config: &Config,
    load: impl FnOnce() -> Result<Corpus>,
    path: &Path,
    session: &Session,
    elsewhere: Option<&dyn TrialWorkers>,
) -> Result<SearchResults> {
    let progress = session.progress;
    config.validate()?;
    Space::of(config)?; // before the texts are read
    let records = RunRecords::at(path);
    if records.is_comparison() {
        return Err(Error::data(format!("{}: holds a comparison: choose another --run-dir", path.display())));
    }
    let earlier = intact::or_again(records.search(), "the time that the search took before is not counted", progress)?;
    let plan = Plan::new(config, load()?, session)?;
    let run = RunFolder::create(path, config)?;
    let (limits, space, texts) = (&plan.config.search, &plan.space, &plan.texts);
    let keys = space.keys().map(|key| (key.to_string(), space.is_log(key))).collect();
    let before = earlier.map_or(0.0, |earlier| earlier.seconds);
    let left = (limits.minutes > 0.0).then(|| (60.0 * limits.minutes - before).max(0.0));
    let deadline = left.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds));
    let trials = plan.trials(path.join("trials"), deadline, session);
    let rungs = &plan.rungs;
    let results = SearchResults {
        protocol: texts.corpus.protocol.clone(),
        main_score: texts.main_score,
        rungs: rungs.clone(),
        keys,
        trials: trials.earlier(progress)?,
        seconds: before,
        ..SearchResults::default()
    };
    let mut asha = Asha::new(rungs.len(), limits.reduction_factor);
    results.trials.iter().for_each(|trial| asha.restore(trial.trial, &trial.rungs, trial.underway));
    if !results.trials.is_empty() {
        progress.notice(&format!("{} of an earlier search", counted(results.trials.len(), "trial")));
    }
    let state = State { asha, results, running: 0, ended: None };
    let (start, state, news) = (Instant::now(), Mutex::new(state), Condvar::new());
    let search = Search { trials, run: &run, start, before, state, news };
    search.begin(progress);
    let done = match elsewhere {
        Some(workers) => search.work_elsewhere(workers, progress),
        None => search.work_in_parallel(progress),
    };
    progress.end();
    done?;
    search.finish()
}

/// A search in progress.
struct Search<'a> {
    trials: Trials<'a>,
    run: &'a RunFolder,
    start: Instant,
    /// Seconds that earlier parts of the search took.
    before: f64,
    state: Mutex<State>,
    /// Somebody finished a job: there may be a new one.
    news: Condvar,
}

/// What the workers share.
struct State {
    asha: Asha,
    results: SearchResults,
    running: usize,
    /// Why everybody stops.
    ended: Option<Error>,
}

impl Search<'_> {
    fn begin(&self, progress: &dyn Progress) {
        let limits = &self.trials.config.search;
        progress.begin("search", "trials", (limits.trials > 0).then_some(limits.trials as u64));
        let state = self.lock();
        progress.advance(state.results.trials.iter().filter(|trial| !trial.rungs.is_empty()).count() as u64);
        self.say_best(&state, progress);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Several workers, each with its share of the threads: small networks gain little from a second thread.
    fn work_in_parallel(&self, progress: &dyn Progress) -> Result<()> {
        let threads = rayon::current_num_threads();
        let workers = match self.trials.config.search.parallel {
            0 => threads,
            wanted => wanted.min(threads),
        };
        let pools = workers::pools(workers)?;
        in_each(&pools, &|_| self.work(progress, &|job, earlier| self.trials.run(job, earlier, progress)));
        self.lock().ended.take().map_or(Ok(()), Err)
    }

    /// A thread for each trial that is done elsewhere at the same time, which waits for it.
    fn work_elsewhere(&self, workers: &dyn TrialWorkers, progress: &dyn Progress) -> Result<()> {
        let run = |job, _| elsewhere::run(&self.trials, job, workers);
        thread::scope(|scope| {
            (0..workers.count()).for_each(|_| drop(scope.spawn(|| self.work(progress, &run))));
        });
        self.lock().ended.take().map_or(Ok(()), Err)
    }

    /// Does jobs one after another, as `run` does them, until there is none.
    fn work(&self, progress: &dyn Progress, run: &dyn Fn(Job, Option<Trial>) -> Result<Trial>) {
        while let Some((job, earlier)) = self.next(progress) {
            let done = run(job, earlier);
            let mut state = self.lock();
            state.running -= 1;
            if let Err(error) = done.and_then(|trial| self.take_down(&mut state, job, trial, progress)) {
                state.ended.get_or_insert(error);
            }
            drop(state);
            self.news.notify_all();
        }
        self.news.notify_all();
    }

    /// The next job, once there is one, and the record of its trial.
    fn next(&self, progress: &dyn Progress) -> Option<(Job, Option<Trial>)> {
        let limit = match self.trials.config.search.trials {
            0 => usize::MAX,
            trials => trials,
        };
        let mut state = self.lock();
        loop {
            if progress.is_cancelled() {
                state.ended.get_or_insert(Error::Interrupted);
            }
            let is_late = self.trials.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if state.ended.is_some() || is_late {
                return None;
            }
            let is_alone = state.running == 0;
            if let Some(job) = state.asha.next(limit).or_else(|| if is_alone { state.asha.last() } else { None }) {
                state.running += 1;
                let earlier = state.results.trials.iter().find(|trial| trial.trial == job.trial).cloned();
                return Some((job, earlier));
            }
            if is_alone {
                return None;
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn take_down(&self, state: &mut State, job: Job, trial: Trial, progress: &dyn Progress) -> Result<()> {
        if trial.underway.is_none() {
            state.asha.report(job, trial.rungs.last().copied().unwrap_or_default());
            progress.advance(u64::from(job.rung == 0));
            let what = match (&trial.error, trial.score()) {
                (Some(error), _) => error.clone(),
                (None, score) => {
                    format!("{} after {}", percent(score.unwrap_or_default()), counted(trial.validation.len(), "epoch"))
                }
            };
            progress.notice(&format!("trial {}: {what}; {}, {}", trial.trial, trial.pair(), trial.described()));
        }
        let trials = &mut state.results.trials;
        match trials.iter_mut().find(|other| other.trial == trial.trial) {
            Some(place) => *place = trial,
            None => trials.push(trial),
        }
        trials.sort_by_key(|trial| trial.trial);
        self.write(state)?;
        self.say_best(state, progress);
        Ok(())
    }

    fn say_best(&self, state: &State, progress: &dyn Progress) {
        if let Some(best) = state.results.best() {
            let score = percent(best.score().unwrap_or_default());
            progress.status(&format!("best so far: trial {}, {}, {score}", best.trial, best.pair()));
        }
    }

    /// `search.json`, and the best settings as a config file.
    fn write(&self, state: &mut State) -> Result<()> {
        let results = &mut state.results;
        results.seconds = self.before + self.start.elapsed().as_secs_f64();
        let best = results.best().map(|trial| trial.trial);
        if best != results.best
            && let Some(trial) = best
        {
            let text = self.trials.config(trial)?.to_commented_toml()?;
            write_atomically(&self.run.path().join("best.toml"), |out| out.write_all(text.as_bytes()))?;
        }
        results.best = best;
        self.run.records().write_search(results)
    }

    fn finish(self) -> Result<SearchResults> {
        let mut state = self.lock();
        state.results.finished = true;
        self.write(&mut state)?;
        self.trials.tidy_up(&state.results.trials);
        Ok(state.results.clone())
    }
}
