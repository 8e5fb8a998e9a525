//! The texts as each embedding reads them: most in the tokens of the comparison, some in tokens of their own.
//!
//! *takes* the settings and the corpus -> *gives* [`Reading`]s: texts as ids, and the settings that were chosen from them. Words and
//! characters can so stand in one leaderboard, and answer together.

use crate::run::texts::Texts;
use crate::{Config, Embedding, Session};
use ninefold_core::error::Result;

/// Texts as ids, with the settings of what is trained on them.
pub(crate) struct Reading {
    /// With what is chosen from the texts; of another reading than the first one, with the embeddings of that reading alone.
    pub(crate) config: Config,
    pub(crate) texts: Texts,
}

/// The reading of the comparison, and those of embeddings with a unit of their own.
pub(crate) struct Readings {
    pub(crate) main: Reading,
    others: Vec<Reading>,
}

impl Reading {
    fn has(&self, embedding: &Embedding) -> bool {
        self.config.embeddings.contains(embedding)
    }
}

impl Readings {
    /// Completes a comparison whose texts have been read in its own unit: makes ready what models are trained on once more, reads
    /// the texts in every other unit, and chooses what the settings leave open.
    ///
    /// # Errors
    /// As [`Texts::of`].
    pub(crate) fn make(mut texts: Texts, config: &Config, session: &Session) -> Result<Readings> {
        let progress = session.progress;
        let mut others = Vec::new();
        for (unit, embeddings) in config.own_units() {
            let named: Vec<&str> = embeddings.iter().map(Embedding::name).collect();
            progress.notice(&format!("{}: reads the texts in the unit \"{unit}\"", named.join(", ")));
            let config = Config { embeddings, tokenizer: config.tokenizer_of(&unit), ..config.clone() };
            let mut read = Texts::of(texts.corpus.clone(), &config, session)?;
            (read.is_fold, read.out_of_fold) = (texts.is_fold, texts.out_of_fold.clone());
            read.prepare_refit(&config, session)?;
            others.push(Reading { config: read.fit(&config, progress), texts: read });
        }
        texts.prepare_refit(config, session)?;
        Ok(Readings { main: Reading { config: texts.fit(config, progress), texts }, others })
    }

    /// How an embedding reads the texts.
    pub(crate) fn of(&self, embedding: &Embedding) -> &Reading {
        self.others.iter().find(|other| other.has(embedding)).unwrap_or(&self.main)
    }

    /// Every reading, that of the comparison first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Reading> {
        std::iter::once(&self.main).chain(&self.others)
    }

    /// The place among [`all`](Readings::all) of the one that an embedding has.
    pub(crate) fn place(&self, embedding: &Embedding) -> usize {
        self.others.iter().position(|other| other.has(embedding)).map_or(0, |place| place + 1)
    }

    /// The settings of each reading with its own embeddings, and its texts.
    pub(crate) fn apart(&self) -> impl Iterator<Item = (Config, &Texts)> {
        let mut main = self.main.config.clone();
        main.embeddings.retain(|embedding| self.place(embedding) == 0);
        let others = self.others.iter().map(|Reading { config, texts }| (config.clone(), texts));
        std::iter::once((main, &self.main.texts)).chain(others)
    }

    /// The same with other settings of what is trained.
    pub(crate) fn with(mut self, change: impl Fn(&Config) -> Config) -> Readings {
        for Reading { config, .. } in std::iter::once(&mut self.main).chain(&mut self.others) {
            *config = change(config);
        }
        self
    }
}
