//! Saved models that answer together: what they say is the mean of what each says, and what does not belong together is
//! refused by name. Distillation: a student is a saved model like any other.

#![allow(clippy::unwrap_used)]

use crate::small;

use std::fs;
use std::path::{Path, PathBuf};

use ninefold_core::progress::Silent;
use ninefold_lab::Config;
use ninefold_models::bundle::{Bundle, bytes, is_ensemble, renew_checksum};
use ninefold_models::predictor::Predictor;
use ninefold_models::{Ensemble, combine_models};
use ninefold_nn::model::ModelKind;
use small::{config, distill, run};

const TEXTS: [&str; 4] = ["sun rain snow", "", "goal and the team, bread", "tea tea tea"];

/// A place with a finished comparison of rnn and gru, a seed each, without baselines.
fn trained() -> (tempfile::TempDir, Config) {
    let place = tempfile::tempdir().unwrap();
    let mut config = config(place.path());
    (config.seeds, config.baselines) = (1, Vec::new());
    config.ensembles.clear();
    run(&config, &place.path().join("run"), &Silent).unwrap();
    (place, config)
}

fn model(place: &Path, name: &str) -> PathBuf {
    place.join(format!("run/pairs/glove-{name}/model"))
}

fn said(model: &Path) -> Vec<f32> {
    let predictions = Predictor::load(model).unwrap().predict(&TEXTS, &Silent).unwrap();
    predictions.into_iter().flat_map(|prediction| prediction.probabilities).collect()
}

fn together(models: &[&Path], weights: &[f64], output: &Path) -> ninefold_core::Result<()> {
    let models: Vec<PathBuf> = models.iter().map(|model| model.to_path_buf()).collect();
    combine_models(&models, weights, output, "ninefold test".to_string()).map(|_| ())
}

#[test]
fn they_say_the_mean_of_what_each_says_and_one_alone_says_the_same_to_the_bit() {
    let (place, _) = trained();
    let (rnn, gru) = (model(place.path(), "rnn"), model(place.path(), "gru"));
    let both = place.path().join("both");
    together(&[&rnn, &gru], &[3.0, 1.0], &both).unwrap();
    let mean: Vec<f32> =
        said(&rnn).iter().zip(said(&gru)).map(|(&a, b)| ((3.0 * f64::from(a) + f64::from(b)) / 4.0) as f32).collect();
    assert_eq!(said(&both), mean);
    assert_eq!(bytes(&both).unwrap(), bytes(&rnn).unwrap() + bytes(&gru).unwrap() + file(&both, "config.json"));

    let alone = place.path().join("alone");
    together(&[&gru], &[], &alone).unwrap();
    assert_eq!(said(&alone), said(&gru));
    assert!(is_ensemble(&alone) && !is_ensemble(&gru) && !is_ensemble(place.path()));

    // They are copies: the run may go.
    fs::remove_dir_all(place.path().join("run")).unwrap();
    assert_eq!(said(&both), mean);
    let moved = place.path().join("elsewhere/both");
    fs::create_dir_all(moved.parent().unwrap()).unwrap();
    fs::rename(&both, &moved).unwrap();
    assert_eq!(said(&moved), mean);
}

fn file(folder: &Path, name: &str) -> u64 {
    fs::metadata(folder.join(name)).unwrap().len()
}

#[test]
fn an_ensemble_gives_its_networks_and_alone_it_stays_what_it_is() {
    let (place, mut config) = trained();
    config.ensembles = vec![ninefold_lab::EnsembleKind::VoteNetworks];
    run(&config, &place.path().join("run"), &Silent).unwrap();
    let vote = place.path().join("run/ensembles/vote_networks/model");
    let copy = place.path().join("copy");
    together(&[&vote], &[], &copy).unwrap();
    let (original, copied) = (Ensemble::load(&vote).unwrap().config, Ensemble::load(&copy).unwrap().config);
    assert_eq!((original.temperature, &original.training), (copied.temperature, &copied.training));
    assert_eq!(said(&copy), said(&vote));

    config.seed = 9;
    run(&config, &place.path().join("other"), &Silent).unwrap();
    let other = place.path().join("other/pairs/glove-gru/model");
    let three = place.path().join("three");
    together(&[&vote, &other], &[1.0, 2.0], &three).unwrap();
    let weights: Vec<f64> = Ensemble::load(&three).unwrap().config.members.iter().map(|member| member.weight).collect();
    assert_eq!(weights, [0.5, 0.5, 2.0]);
}

#[test]
fn what_does_not_belong_together_is_refused_by_name() {
    let (place, mut config) = trained();
    let (rnn, gru, out) = (model(place.path(), "rnn"), model(place.path(), "gru"), place.path().join("out"));
    let refused = |models: &[&Path], weights: &[f64], output: &Path| {
        let error = together(models, weights, output).unwrap_err().to_string();
        assert!(!output.join("config.json").exists(), "{error}");
        error
    };
    assert!(refused(&[&gru, &rnn, &gru], &[], &out).contains("are the same model: give it once, with a larger weight"));
    assert!(refused(&[], &[], &out).contains("models: expected at least one, found 0"));
    assert!(refused(&[&gru, &rnn], &[1.0], &out).contains("weights: expected one per model, 2, found 1"));
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(refused(&[&gru, &rnn], &[1.0, wrong], &out).contains("weights: expected numbers above 0"), "{wrong}");
    }
    assert!(refused(&[&gru], &[], place.path()).contains("holds files already"));
    assert!(refused(&[place.path()], &[], &out).contains("expected a saved model's config.json"));

    let text = fs::read_to_string(place.path().join("texts.csv")).unwrap();
    fs::write(place.path().join("texts.csv"), text.replace(",sport", ",sports")).unwrap();
    config.models = vec![ModelKind::Gru];
    run(&config, &place.path().join("other"), &Silent).unwrap();
    let other = place.path().join("other/pairs/glove-gru/model");
    let error = refused(&[&gru, &other], &[], &out);
    let expected = format!(
        "{} and {} have different labels: number 2 is \"sport\" in the one and \"sports\" in the other",
        gru.display(),
        other.display()
    );
    assert_eq!(error, expected);
}

#[test]
fn a_damaged_ensemble_is_refused() {
    let (place, _) = trained();
    let (rnn, gru, both) = (model(place.path(), "rnn"), model(place.path(), "gru"), place.path().join("both"));
    together(&[&rnn, &gru], &[], &both).unwrap();
    let path = both.join("config.json");
    let whole = fs::read_to_string(&path).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(whole.contains(from), "{whole}");
        fs::write(&path, whole.replacen(from, to, 1)).unwrap();
        renew_checksum(&both).unwrap();
        let error = Predictor::load(&both).unwrap_err().to_string();
        fs::write(&path, &whole).unwrap();
        error
    };
    assert!(refused("\"weight\": 1.0", "\"weight\": 0.0").contains("expected weights above 0, found 0 for members/1-"));
    assert!(refused("\"temperature\": 1.0", "\"temperature\": -1.0").contains("a temperature above 0, found -1"));
    assert!(refused("\"format_version\": 2", "\"format_version\": 99").contains("format_version 2 or less"));
    assert!(refused("members/1-glove-rnn", "members/nobody").contains("members/nobody/config.json: cannot read"));
    assert!(refused("\"weight\"", "\"wait\"").contains("unknown field `wait`"));
    fs::write(&path, whole.split("\"members\"").next().unwrap().to_string() + "\"members\": [], \"temperature\": 1.0}")
        .unwrap();
    renew_checksum(&both).unwrap();
    assert!(Predictor::load(&both).unwrap_err().to_string().contains("both/config.json"));
    fs::write(&path, &whole).unwrap();
    assert!(
        Bundle::load(&both).unwrap_err().to_string().contains("found an ensemble, where a single network is needed")
    );

    // Another model in a member's place, whole in itself, is not the one that was meant.
    let (one, two) = (both.join("members/1-glove-rnn"), both.join("members/2-glove-gru"));
    fs::remove_dir_all(&one).unwrap();
    fs::rename(&two, &one).unwrap();
    assert!(Predictor::load(&both).unwrap_err().to_string().contains("1-glove-rnn/config.json: checksum mismatch"));
}

#[test]
fn a_pupil_is_a_model_that_knows_its_teacher() {
    let (place, mut config) = trained();
    let both = place.path().join("both");
    together(&[&model(place.path(), "rnn"), &model(place.path(), "gru")], &[], &both).unwrap();
    let output = place.path().join("student");
    let error = distill(&config, &both, &output, false, &Silent).unwrap_err().to_string();
    assert_eq!(error, "embeddings, models: expected one of each, found more");

    config.models = vec![ModelKind::Gru];
    config.model.families.recurrent.hidden_size = 3;
    let done = distill(&config, &both, &output, true, &Silent).unwrap();
    let roles: Vec<&str> = done.rows.iter().map(|row| row.role.as_str()).collect();
    assert_eq!(roles, ["teacher", "student", "without a teacher"]);
    let [teacher, student, alone] = done.rows.as_slice() else { unreachable!() };
    assert_eq!(teacher.name, "ensemble of 2 networks (glove + rnn, glove + gru)");
    assert!(teacher.parameters > student.parameters && teacher.bytes > student.bytes && teacher.texts_per_s > 0.0);
    assert_eq!((student.parameters, student.name.as_str()), (alone.parameters, "glove + gru"));

    for (comparison, other) in done.comparisons.iter().zip([teacher, alone]) {
        assert_eq!((comparison.a.as_str(), &comparison.b), ("student", &other.role));
        assert_eq!(comparison.difference, student.test.accuracy - other.test.accuracy);
        assert!((0.0..=1.0).contains(&comparison.p) && comparison.p <= comparison.p_corrected, "{comparison:?}");
    }
    assert_eq!(done.comparisons.len(), 2);

    let saved = Bundle::load(&output).unwrap();
    assert_eq!(saved.config.training.teacher.as_deref(), Some(teacher.name.as_str()));
    assert_eq!(saved.config.training.test, Some(student.test), "what is saved is what was scored");
    let card = fs::read_to_string(output.join("README.md")).unwrap();
    assert!(
        card.contains("It is the student of this teacher: ensemble of 2 networks (glove + rnn, glove + gru), whose"),
        "{card}"
    );
    assert_eq!(said(&output).len(), TEXTS.len() * 3);

    // The same again gives the same bytes; without the teacher, others.
    let (again, plain) = (place.path().join("again"), place.path().join("plain"));
    distill(&config, &both, &again, false, &Silent).unwrap();
    let weights = |folder: &Path| fs::read(folder.join("model.safetensors")).unwrap();
    assert!(weights(&again) == weights(&output));
    config.distill.share = 1e-9;
    distill(&config, &both, &plain, false, &Silent).unwrap();
    assert!(weights(&plain) != weights(&output));
    let error = distill(&config, &both, &output, false, &Silent).unwrap_err().to_string();
    assert!(error.contains("student: holds files already"), "{error}");
}

#[test]
fn a_teacher_of_other_labels_is_refused() {
    let (place, mut config) = trained();
    let teacher = model(place.path(), "gru");
    let text = fs::read_to_string(place.path().join("texts.csv")).unwrap();
    fs::write(place.path().join("texts.csv"), text.replace(",food", ",meals")).unwrap();
    config.models = vec![ModelKind::Gru];
    let error = distill(&config, &teacher, &place.path().join("student"), false, &Silent).unwrap_err().to_string();
    assert!(
        error.contains("have different labels: number 1 is \"food\" in the one and \"meals\" in the other"),
        "{error}"
    );
    assert!(error.contains("glove-gru/model and ") && error.contains("texts.csv"), "{error}");
}
