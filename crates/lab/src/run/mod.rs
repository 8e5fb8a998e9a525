//! A comparison: texts, vectors, every pair, the baselines, the ensembles of them, and the statistics over all.

pub(crate) mod baselines;
mod best;
mod costs;
mod decisions;
mod ensembles;
pub(crate) mod features;
mod finished;
pub(crate) mod folds;
mod forecast;
pub(crate) mod judge;
pub(crate) mod keys;
mod memory;
mod oov;
pub(crate) mod pair;
pub(crate) mod parts;
pub(crate) mod plan;
pub(crate) mod pretraining;
pub(crate) mod quiet;
mod readings;
pub(crate) mod scope;
pub(crate) mod scoring;
mod share;
pub(crate) mod texts;
pub(crate) mod vectors;
pub(crate) mod workers;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::config::Pair;
use crate::{BaselineKind, Config, Diagnose, Embedding, EnsembleKind, Refit, RunFolder, Session, diagnosis};
use baselines::Baselines;
use ensembles::Ensembles;
use folds::OutOfFold;
use forecast::Forecast;
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::counted;
use ninefold_core::progress::Progress;
use ninefold_data::{Corpus, CorpusConfig, Folds};
use ninefold_records::{Leaderboard, Row};
use pair::Trainer;
use plan::Plan;
use readings::{Reading, Readings};
use scope::Scope;
use share::Share;
use texts::Texts;
use vectors::Vectors;

/// Trains and scores every pair and baseline of the config, keeping everything in `folder`; what an earlier run of the same
/// config left there is resumed.
///
/// A pair whose loss is no longer a number is recorded with that error, and the others go on.
///
/// # Errors
/// Those of the corpus, the vectors and the disk; [`Error::Threads`]; [`Error::Interrupted`] when the session's progress says so:
/// the folder then holds the finished pairs and the last epoch of the unfinished one.
pub fn run(config: &Config, folder: &Path, session: &Session) -> Result<Leaderboard> {
    run_watched(config, folder, session, &mut |_| Ok(()))
}

/// What is called with the results so far.
pub type OnResults<'a> = dyn FnMut(&Leaderboard) -> Result<()> + Send + 'a;

/// The same, calling `on_results` with the results so far whenever there are new ones, to show them or to keep them in
/// other forms.
///
/// # Errors
/// As [`run`], and whatever `on_results` returns, which ends the run.
pub fn run_watched(
    config: &Config,
    folder: &Path,
    session: &Session,
    on_results: &mut OnResults,
) -> Result<Leaderboard> {
    let load = || ninefold_data::load(&config.corpus, session.folders, session.progress);
    session.install(|| compare(config, Source::Files(&load), folder, session, on_results, Scope::All))
}

/// As [`run`], with a corpus that is in memory already ([`Corpus::from_texts`]). The config's section `corpus` has no effect: the
/// run folder names the data as the corpus' protocol does.
///
/// # Errors
/// As [`run`].
pub fn run_corpus(corpus: Corpus, config: &Config, folder: &Path, session: &Session) -> Result<Leaderboard> {
    let config = in_memory(config, &corpus);
    session.install(|| compare(&config, Source::Memory(corpus), folder, session, &mut |_| Ok(()), Scope::All))
}

/// The config of a comparison whose corpus is in memory.
pub(crate) fn in_memory(config: &Config, corpus: &Corpus) -> Config {
    let mut config = config.clone();
    config.corpus = CorpusConfig { data: corpus.protocol.data.clone(), ..CorpusConfig::default() };
    if config.folds.is_auto() {
        config.folds = Auto::Value(0); // the caller has divided the texts
    }
    config
}

/// Where a comparison's texts come from.
pub(crate) enum Source<'a> {
    /// Read when they are needed.
    Files(&'a (dyn Fn() -> Result<Corpus> + Sync)),
    /// There already.
    Memory(Corpus),
    /// There already, the test part one of several folds.
    Fold(Corpus),
}

impl Source<'_> {
    /// The texts, and the folds of a cross-validation, if there is one.
    fn texts(self, config: &Config, session: &Session) -> Result<(Texts, Vec<Corpus>)> {
        let (corpus, is_fold) = match self {
            Source::Files(load) => (load()?, false),
            Source::Memory(corpus) => (corpus, false),
            Source::Fold(corpus) => (corpus, true),
        };
        corpus.notices.iter().for_each(|notice| session.progress.notice(notice));
        let num_folds = if is_fold { 0 } else { corpus.num_folds(config.folds)? };
        let (corpus, folds) = match num_folds {
            0 => (corpus, Vec::new()),
            folds => {
                let Folds { folds, whole } = corpus.into_folds(folds, &config.corpus)?;
                (whole, folds)
            }
        };
        let mut texts = Texts::of(corpus, config, session)?;
        texts.is_fold = is_fold;
        Ok((texts, folds))
    }
}

/// # Errors
/// As [`run_watched`].
pub(crate) fn compare(
    config: &Config,
    source: Source,
    folder: &Path,
    session: &Session,
    on_results: &mut OnResults,
    scope: Scope,
) -> Result<Leaderboard> {
    let (progress, began) = (session.progress, Instant::now());
    config.validate()?;
    RunFolder::check(folder, config)?;
    if !config.model.shared.precision.is_available() {
        let wanted = config.model.shared.precision.name();
        progress.notice(&format!("this processor has no faster matrix products of {wanted}: the networks run in f32"));
    }
    let (mut texts, folds) = source.texts(config, session)?;
    if !folds.is_empty() && config.minutes > 0.0 {
        return Err(Error::conflict(
            "minutes",
            "folds",
            "a cross-validation has no limit of time: set folds = 0 for one",
        ));
    }
    let costs = match config.costs.as_str() {
        path if path.is_empty() || scope.is_part() => None,
        path => Some(decisions::read_costs(Path::new(path), &texts.corpus.labels)?),
    };
    let folder = RunFolder::create(folder, config)?;
    diagnosis::discard_damaged(&folder, progress)?;
    if !folds.is_empty() {
        texts.out_of_fold = Some(Arc::new(OutOfFold::make(folds, config, &folder, session, scope)?));
    }
    // The models of a cross-validation are trained on all texts in the end.
    let refit = if texts.out_of_fold.is_some() { Refit::All } else { config.refit };
    let config = &Config { refit, ..config.clone() };
    let is_auto = config.training.epochs.is_auto() && !config.models.is_empty();
    let readings = Readings::make(texts, config, session)?;
    folder.write_lengths(&readings.main.texts.test)?;
    if let Scope::Vectors(embedding) = scope {
        let Reading { config, texts } = readings.of(embedding);
        let error = or_reason(Vectors::make(embedding, config, texts, session))?.err();
        let row = Row { embedding: embedding.name().to_string(), error, ..Row::default() };
        return Ok(Leaderboard { rows: vec![row], ..Leaderboard::default() });
    }
    let Limited { readings, forecast, shortened } = limited(readings, &folder, (scope, began), session)?;
    let Reading { config, texts } = &readings.main;
    let (protocol, coverage) = (texts.corpus.protocol.clone(), texts.coverage.clone());
    let sizes = &texts.class_sizes;
    let class_sizes = [sizes.iter().min(), sizes.iter().max()].map(|size| size.copied().unwrap_or_default());
    let main_score = texts.main_score;
    let csv_cells = config.csv_cells;
    let auto_epochs = is_auto.then(|| texts.epochs(&config.training));
    let leaderboard = Leaderboard {
        protocol,
        coverage,
        main_score,
        class_sizes,
        auto_epochs,
        csv_cells,
        shortened,
        ..Leaderboard::default()
    };
    let finished = Vec::new();
    let mut run = Run {
        config,
        texts,
        readings: &readings,
        folder: &folder,
        session,
        on_results,
        scope,
        leaderboard,
        finished,
        forecast,
    };
    run.look_for_finished()?;
    run.train()?;
    if scope.is_part() {
        return Ok(run.leaderboard);
    }
    run.put_together()?;
    judge::judge(&mut run.leaderboard, config, texts, &folder)?;
    run.publish()?;
    costs::measure(&mut run.leaderboard, texts, &folder, progress)?;
    let decisions = match &costs {
        Some(costs) => decisions::decide(&mut run.leaderboard, costs, texts, &folder, config.seed, progress)?,
        None => Vec::new(),
    };
    best::keep(&mut run.leaderboard, config, texts, &folder, &decisions, progress)?;
    run.publish()?;
    match config.diagnose {
        Diagnose::None => folder.records().remove_diagnosis()?,
        Diagnose::Default => _ = diagnosis::in_run(&run.leaderboard, config, &texts.corpus, &folder, session)?,
    }
    run.publish()?; // sentences about the limit come from the diagnosis
    Ok(run.leaderboard)
}

/// What is compared of what was asked for, and how long that will take.
struct Limited {
    readings: Readings,
    forecast: Forecast,
    /// What was shortened or left out, in sentences.
    shortened: Vec<String>,
}

/// Leaves out what would not fit into memory, then what would take longer than the limit of time, from when the run began.
fn limited(
    mut readings: Readings,
    folder: &RunFolder,
    (scope, began): (Scope, Instant),
    session: &Session,
) -> Result<Limited> {
    let Reading { config, texts } = &mut readings.main;
    let too_large = match scope {
        Scope::Finish => None, // the memory of other machines has sufficed
        _ => memory::fit(config, texts),
    };
    let is_finished = || folder.records().leaderboard().is_ok_and(|board| board.statistics.is_some());
    let is_foreseen = matches!(scope, Scope::All) && !texts.is_fold && Forecast::pays(config, texts) && !is_finished();
    let epochs = texts.epochs(&config.training);
    if let (true, Some(memory)) = (is_foreseen, memory::foreseen(config, texts)) {
        session.progress.notice(&memory);
    }
    let forecast = if is_foreseen { Forecast::make(&readings, session)? } else { Forecast::default() };
    let spent = began.elapsed().as_secs_f64();
    let plan = Plan::of(folder, &readings.main.config, epochs, spent, &forecast)?;
    let shortened: Vec<String> = too_large.into_iter().chain(plan.said().iter().cloned()).collect();
    shortened.iter().for_each(|said| session.progress.notice(said));
    Ok(Limited { readings: readings.with(|config| plan.apply(config)), forecast: plan.shorten(forecast), shortened })
}

/// A comparison in progress.
struct Run<'a> {
    config: &'a Config,
    texts: &'a Texts,
    readings: &'a Readings,
    folder: &'a RunFolder,
    session: &'a Session<'a>,
    on_results: &'a mut OnResults<'a>,
    scope: Scope<'a>,
    leaderboard: Leaderboard,
    /// Rows that are in the folder already, with the keys that they would have here.
    finished: Vec<Row>,
    forecast: Forecast,
}

/// The vectors of an embedding (`None` where nothing needs them any more), or why there are none.
type MaybeVectors = std::result::Result<Option<Vectors>, String>;

/// The vectors, or why they cannot be learned from these texts, which fails their own rows only.
fn or_reason<T>(vectors: Result<T>) -> Result<std::result::Result<T, String>> {
    match vectors {
        Err(Error::Data { what }) => Ok(Err(what)),
        vectors => vectors.map(Ok),
    }
}

/// Milliseconds, at least one.
fn ms(seconds: f64) -> u64 {
    ((1e3 * seconds) as u64).max(1)
}

/// What is trained beside others.
enum Work<'a> {
    Baseline { baselines: &'a Baselines<'a>, kind: BaselineKind, of: Option<(&'a Embedding, &'a Vectors)> },
    Network(Trainer<'a>),
}

/// One of them, and how long it will take.
struct Job<'a> {
    work: Work<'a>,
    ms: u64, // of one thread
}

impl Job<'_> {
    fn run(&self, progress: &dyn Progress) -> Result<Row> {
        let share = Share::new(progress, self.ms, self.texts());
        let row = match &self.work {
            Work::Baseline { baselines, kind, of } => baselines.run(*kind, *of, &share),
            Work::Network(trainer) => trainer.run(&share).map(|record| record.row),
        };
        share.finish();
        row
    }

    /// The texts that it learns from, as often as it reads them, at most; 0 where that is not known.
    fn texts(&self) -> u64 {
        match &self.work {
            Work::Baseline { baselines, kind, .. } => baselines.texts(*kind).unwrap_or_default(),
            Work::Network(trainer) => trainer.texts(),
        }
    }
}

impl Run<'_> {
    /// Every row without scores, in the leaderboard's order: pairs before baselines, ensembles last.
    fn rows(&self) -> Vec<Row> {
        let pairs = self.pairs().map(|(pair, seed)| pair::row(&pair, seed, self.config));
        let baselines =
            self.baselines().map(|(kind, embedding)| Baselines::row(kind, embedding.as_ref(), self.config.seed));
        pairs.chain(baselines).chain(self.ensembles().map(|(_, row)| row)).collect()
    }

    /// Every ensemble, with its row without scores.
    fn ensembles(&self) -> impl Iterator<Item = (EnsembleKind, Row)> + use<'_> {
        let config = self.config;
        config.ensembles.iter().flat_map(move |&kind| kind.rows(config).into_iter().map(move |row| (kind, row)))
    }

    fn look_for_finished(&mut self) -> Result<()> {
        // An ensemble's key is of its members, which are not known yet.
        let (config, readings) = (self.config, self.readings);
        let mut keyed = Vec::new();
        for (pair, seed) in self.pairs() {
            let Reading { config, texts } = readings.of(&pair.0);
            keyed.push((pair::row(&pair, seed, config), keys::pair(config, texts, &pair, seed)?, texts));
        }
        for (kind, of) in self.baselines() {
            let Reading { config, texts } = of.as_ref().map_or(&readings.main, |embedding| readings.of(embedding));
            let key = keys::baseline(config, texts, kind, of.as_ref())?;
            keyed.push((Baselines::row(kind, of.as_ref(), config.seed), key, texts));
        }
        for (row, key, texts) in keyed {
            if let Some(row) = finished::finished(&row, &key, texts, self.folder, self.session.progress)? {
                self.session.progress.notice(&format!("{}: finished earlier", row.pair()));
                self.finished.push(row);
            }
        }
        let is_finished = |(embedding, model): &Pair| {
            let same = |row: &&Row| row.embedding == embedding.name() && row.model == model.name();
            self.finished.iter().filter(same).count() == config.seeds
        };
        self.forecast.networks.retain(|(pair, _)| !is_finished(pair));
        if self.forecast.seconds() > 0.0 {
            self.session.progress.notice(&format!("time: {}", self.forecast));
        }
        Ok(())
    }

    /// Every pair with every seed, in scope.
    fn pairs(&self) -> impl Iterator<Item = (Pair, u64)> + use<'_> {
        let (config, scope) = (self.config, self.scope);
        scope::pairs(config).filter(move |(pair, seed)| scope.has(&pair::row(pair, *seed, config)))
    }

    /// Every baseline in scope.
    fn baselines(&self) -> impl Iterator<Item = (BaselineKind, Option<Embedding>)> + use<'_> {
        let (config, scope) = (self.config, self.scope);
        scope::baselines(config).filter(move |(kind, of)| scope.has(&Baselines::row(*kind, of.as_ref(), config.seed)))
    }

    /// A finished row of that name and seed.
    fn earlier(&self, row: &Row) -> Option<Row> {
        self.finished.iter().find(|finished| finished.folder == row.folder).cloned()
    }

    /// Vectors first; then everything that learns from them and from the texts, side by side.
    fn train(&mut self) -> Result<()> {
        let (config, folder) = (self.config, self.folder);
        let made = self.vectors()?;
        let vectors_of =
            |embedding: &Embedding| made.iter().find(|(of, _)| of == embedding).map(|(_, vectors)| vectors);
        let all: Vec<_> = self.baselines().collect();
        let readings = self.readings;
        let sharing: Vec<Baselines> = readings.all().map(|reading| Baselines::new(reading, folder)).collect();
        let mut jobs = Vec::new();
        for (kind, embedding) in &all {
            let row = Baselines::row(*kind, embedding.as_ref(), config.seed);
            let vectors = match embedding.as_ref().and_then(vectors_of) {
                None => self.earlier(&row).ok_or(None),
                Some(vectors) => self.settled(row, vectors).map_err(Some),
            };
            match vectors {
                Ok(row) => self.add(row)?,
                Err(vectors) => {
                    let of = embedding.as_ref().zip(vectors);
                    let place = embedding.as_ref().map_or(0, |embedding| readings.place(embedding));
                    let work = Work::Baseline { baselines: &sharing[place], kind: *kind, of };
                    jobs.push(Job { work, ms: ms(self.forecast.baselines / all.len() as f64) });
                }
            }
        }
        for network in self.networks(&made)? {
            jobs.push(Job { ms: ms(self.forecast.network(&network.pair)), work: Work::Network(network) });
        }
        self.work_off(&jobs)
    }

    /// The vectors of every embedding.
    fn vectors(&self) -> Result<Vec<(Embedding, MaybeVectors)>> {
        let config = self.config;
        let make = |embedding: &Embedding| {
            let Reading { config, texts } = self.readings.of(embedding);
            Vectors::make(embedding, config, texts, self.session)
        };
        // What may be missing or out of reach is asked for before hours are spent on the others.
        let mut loaded = BTreeMap::new();
        for embedding in config.embeddings.iter().filter(|embedding| config.loads(embedding)) {
            if self.is_unfinished(embedding) {
                loaded.insert(embedding, make(embedding)?);
            }
        }
        let mut made = Vec::new();
        for embedding in &config.embeddings {
            let vectors = match loaded.remove(embedding) {
                Some(vectors) => Ok(Some(vectors)),
                None if self.is_unfinished(embedding) => make(embedding).map(Some),
                None => Ok(None),
            };
            let vectors = or_reason(vectors)?;
            made.push((embedding.clone(), vectors));
        }
        Ok(made)
    }

    /// The networks that are to be trained, the one with the most work first where several are trained at a time; the others' rows
    /// are added.
    fn networks<'v>(&mut self, made: &'v [(Embedding, MaybeVectors)]) -> Result<Vec<Trainer<'v>>>
    where
        Self: 'v,
    {
        let folder = self.folder;
        let mut trainers = Vec::new();
        for (embedding, vectors) in made {
            let Reading { config, texts } = self.readings.of(embedding);
            for (pair, seed) in self.pairs().filter(|((of, _), _)| of == embedding).collect::<Vec<_>>() {
                match self.settled(pair::row(&pair, seed, config), vectors) {
                    Ok(row) => self.add(row)?,
                    Err(vectors) => {
                        let key = keys::pair(config, texts, &pair, seed)?;
                        trainers.push(Trainer { config, texts, vectors, folder, key, pair, seed });
                    }
                }
            }
        }
        if rayon::current_num_threads() > 1 {
            let seconds = |trainer: &Trainer| self.forecast.network(&trainer.pair);
            trainers.sort_by(|a, b| seconds(b).total_cmp(&seconds(a)));
        }
        Ok(trainers)
    }

    /// Several jobs at a time, on one core each where there are enough of them. Baselines come first: they are quick, and their
    /// scores are what to hope for.
    fn work_off(&mut self, jobs: &[Job]) -> Result<()> {
        let progress = self.session.progress;
        let networks = jobs.iter().filter(|job| matches!(job.work, Work::Network(_))).count();
        let baselines = jobs.len() - networks;
        let parts = [(baselines, "baseline"), (networks, "network")].into_iter().filter(|(count, _)| *count > 0);
        let named: Vec<String> = parts.map(|(count, what)| counted(count, what)).collect();
        progress.begin(&named.join(", "), "work", Some(jobs.iter().map(|job| job.ms).sum()));
        let done = workers::run(jobs, progress, Job::run, |row| self.add(row));
        progress.end();
        done
    }

    /// What was trained answers together, which trains nothing.
    fn put_together(&mut self) -> Result<()> {
        let all: Vec<(EnsembleKind, Row)> = self.ensembles().collect();
        if self.config.seeds == 1 && self.config.ensembles.contains(&EnsembleKind::VoteSeeds) {
            self.session
                .progress
                .notice("vote_seeds: every pair has one seed, which is nothing to vote about: seeds = 3 would do");
        }
        if all.is_empty() {
            return Ok(());
        }
        let (config, texts, folder, progress) = (self.config, self.texts, self.folder, self.session.progress);
        let ensembles = Ensembles::new(config, texts, folder, &self.leaderboard.rows, progress)?;
        for (kind, row) in all {
            if let Some(row) = ensembles.run(kind, row, progress)? {
                self.add(row)?;
            }
        }
        Ok(())
    }

    /// The row as an earlier run left it, or with the reason why there are no vectors; else the vectors to train it on.
    fn settled<'v>(&self, row: Row, vectors: &'v MaybeVectors) -> std::result::Result<Row, &'v Vectors> {
        match (self.earlier(&row), vectors) {
            (Some(row), _) => Ok(row),
            (None, Ok(Some(vectors))) => Err(vectors),
            (None, Ok(None)) => unreachable!("vectors are made for every unfinished row"),
            (None, Err(what)) => Ok(Row { error: Some(what.clone()), ..row }),
        }
    }

    fn is_unfinished(&self, embedding: &Embedding) -> bool {
        let pairs = self.pairs().filter(|((of, _), _)| of == embedding).count();
        let baselines = self.baselines().filter(|(_, of)| of.as_ref() == Some(embedding)).count();
        let finished = self.finished.iter().filter(|row| row.embedding == embedding.name()).count();
        finished < pairs + baselines
    }

    /// Puts a row into its place in the leaderboard, and its evaluation on the test texts among all that there were of them.
    fn add(&mut self, row: Row) -> Result<()> {
        if row.accuracy().is_some()
            && let Some(record) = self.folder.record(&row)?
        {
            self.texts.test_evaluations.register(&record.key, &row.folder);
        }
        let order = self.rows();
        let place_of = |row: &Row| order.iter().position(|other| other.folder == row.folder);
        let rows = &mut self.leaderboard.rows;
        let place = rows.partition_point(|other| place_of(other) < place_of(&row));
        rows.insert(place, row);
        self.publish()
    }

    /// Writes the results so far.
    fn publish(&mut self) -> Result<()> {
        self.folder.write_leaderboard(&self.leaderboard)?;
        (self.on_results)(&self.leaderboard)
    }
}
