//! What a limit on time shortens and leaves out: *takes* a [`Forecast`] and the minutes -> *gives* fewer epochs, then fewer networks.
//!
//! The plan is written into the run folder, so that a run that goes on later does the same.

use serde::{Deserialize, Serialize};

use crate::run::forecast::Forecast;
use crate::{Config, RunFolder};
use ninefold_core::Auto;
use ninefold_core::error::Result;
use ninefold_core::files::{read_json, write_json};
use ninefold_core::phrasing::{all_listed, duration};
use ninefold_nn::model::ModelKind;

const FILE: &str = "plan.json";
/// A network is left out rather than trained for fewer epochs.
const FEWEST_EPOCHS: usize = 4;
/// The fraction of the limit that is planned: what is foreseen is not exact.
const PLANNED: f64 = 0.85;

/// What a limit on time changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The limit that it was made for.
    minutes: f64,
    /// The most epochs of a network; `None`: as many as without a limit.
    epochs: Option<usize>,
    /// The fraction of the epochs that are left.
    share: f64,
    /// Networks that are not trained.
    left_out: Vec<ModelKind>,
    /// What is said of it.
    said: Vec<String>,
}

/// Nothing is changed.
impl Default for Plan {
    fn default() -> Plan {
        Plan { minutes: 0.0, epochs: None, share: 1.0, left_out: Vec::new(), said: Vec::new() }
    }
}

impl Plan {
    /// The plan of the run folder, if it was made for the same limit; else a new one, for networks that may have so many epochs,
    /// after so many seconds.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn of(
        folder: &RunFolder,
        config: &Config,
        epochs: usize,
        spent: f64,
        forecast: &Forecast,
    ) -> Result<Plan> {
        if config.minutes == 0.0 {
            return Ok(Plan::default());
        }
        if let Some(plan) = Plan::read(folder, config) {
            return Ok(plan);
        }
        let plan = Plan::new(config.minutes, epochs, spent, forecast, config.baselines.is_empty());
        write_json(&folder.path().join(FILE), &plan)?;
        Ok(plan)
    }

    /// The plan that the run of the folder followed.
    pub(crate) fn kept(folder: &RunFolder, config: &Config) -> Plan {
        Plan::read(folder, config).filter(|_| config.minutes > 0.0).unwrap_or_default()
    }

    /// The plan in the folder, if it was made for the same limit.
    fn read(folder: &RunFolder, config: &Config) -> Option<Plan> {
        read_json::<Plan>(&folder.path().join(FILE)).ok().filter(|plan| plan.minutes == config.minutes)
    }

    /// Without baselines one network stays.
    fn new(minutes: f64, epochs: usize, spent: f64, forecast: &Forecast, keeps_one: bool) -> Plan {
        let mut plan = Plan { minutes, ..Plan::default() };
        let mut forecast = forecast.clone();
        let left = PLANNED * 60.0 * minutes - spent;
        let others = forecast.vectors + forecast.baselines + forecast.diagnosis;
        let for_networks = left * forecast.threads as f64 - others;
        let foreseen = duration(forecast.seconds() + spent);
        let share = |forecast: &Forecast| for_networks / forecast.all_networks();
        let least = FEWEST_EPOCHS.min(epochs) as f64 / epochs as f64;
        let is_last = |forecast: &Forecast| {
            let mut models = forecast.networks.iter().map(|((_, model), _)| *model);
            models.next().is_none_or(|first| keeps_one && models.all(|model| model == first))
        };
        while !is_last(&forecast) && share(&forecast) < least {
            let longest = forecast.networks.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|((_, model), _)| *model);
            forecast.networks.retain(|((_, model), _)| Some(*model) != longest);
            plan.left_out.extend(longest);
        }
        if !forecast.networks.is_empty() && share(&forecast) < 1.0 {
            let fewer = ((share(&forecast) * epochs as f64) as usize).max(1);
            (plan.epochs, plan.share) = (Some(fewer), fewer as f64 / epochs as f64);
        }
        plan.say(epochs, &foreseen);
        plan
    }

    fn say(&mut self, epochs: usize, foreseen: &str) {
        let limit =
            format!("limit of {}: the whole comparison would take about {foreseen}", duration(60.0 * self.minutes));
        let mut changes = Vec::new();
        if let Some(fewer) = self.epochs {
            changes.push(format!("networks have at most {fewer} epochs in place of {epochs}"));
        }
        if !self.left_out.is_empty() {
            let names: Vec<String> = self.left_out.iter().map(|model| model.name().to_owned()).collect();
            changes.push(format!("left out: {}", all_listed(&names)));
        }
        if !changes.is_empty() {
            self.said.push(format!("{limit}; {}", changes.join("; ")));
        }
    }

    /// The settings of what is trained.
    pub(crate) fn apply(&self, config: &Config) -> Config {
        let mut config = config.clone();
        config.models.retain(|model| !self.left_out.contains(model));
        if let Some(epochs) = self.epochs {
            config.training.epochs = Auto::Value(epochs);
        }
        config
    }

    /// The forecast of what is trained.
    pub(crate) fn shorten(&self, mut forecast: Forecast) -> Forecast {
        forecast.networks.retain(|((_, model), _)| !self.left_out.contains(model));
        forecast.networks.iter_mut().for_each(|(_, seconds)| *seconds *= self.share);
        forecast
    }

    /// What was shortened and left out, in sentences.
    pub(crate) fn said(&self) -> &[String] {
        &self.said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Embedding;

    fn forecast() -> Forecast {
        let pair = |model, seconds| ((Embedding::built_in()[0].clone(), model), seconds);
        Forecast {
            threads: 2,
            vectors: 20.0,
            baselines: 30.0,
            networks: vec![pair(ModelKind::Rnn, 60.0), pair(ModelKind::Lstm, 600.0), pair(ModelKind::Gru, 340.0)],
            seeds: 1,
            diagnosis: 10.0,
        }
    }

    #[test]
    fn enough_time_changes_nothing() {
        let plan = Plan::new(20.0, 12, 5.0, &forecast(), false);
        assert_eq!((plan.epochs, plan.left_out.len(), plan.said.len()), (None, 0, 0));
    }

    #[test]
    fn epochs_become_fewer_before_networks_are_left_out() {
        let plan = Plan::new(5.0, 12, 5.0, &forecast(), false);
        assert_eq!((plan.epochs, plan.left_out.len()), (Some(5), 0)); // (0.85 * 300 - 5) * 2 - 60 = 440 of 1000 seconds
        let plan = Plan::new(2.0, 12, 5.0, &forecast(), false);
        assert_eq!((plan.epochs, plan.left_out), (Some(4), vec![ModelKind::Lstm])); // 134 of 400 seconds
        assert!(
            plan.said[0].ends_with("networks have at most 4 epochs in place of 12; left out: lstm"),
            "{:?}",
            plan.said
        );
    }

    #[test]
    fn no_time_leaves_the_baselines() {
        let plan = Plan::new(0.1, 12, 5.0, &forecast(), false);
        assert_eq!((plan.epochs, plan.left_out.len()), (None, 3));
        let plan = Plan::new(0.1, 12, 5.0, &forecast(), true);
        assert_eq!((plan.epochs, plan.left_out), (Some(1), vec![ModelKind::Lstm, ModelKind::Gru]));
    }
}
