//! The built-in sample corpus: the same for ever, as long, as hard and as faulty as it says.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use ninefold_core::Error;
use ninefold_data::Document;
use ninefold_data::sample::{Fault, SampleConfig, SampleCorpus, generate};
use sha2::{Digest, Sha256};
use unicode_segmentation::UnicodeSegmentation;

fn made(change: impl FnOnce(&mut SampleConfig)) -> SampleCorpus {
    let mut config = SampleConfig::default();
    change(&mut config);
    generate(&config).unwrap()
}

fn all(corpus: &SampleCorpus) -> impl Iterator<Item = &Document> {
    corpus.train.iter().chain(&corpus.test)
}

fn by_source(corpus: &SampleCorpus) -> BTreeMap<&str, &Document> {
    all(corpus).map(|document| (document.source.as_str(), document)).collect()
}

fn words(text: &str) -> Vec<String> {
    text.unicode_words().map(str::to_lowercase).collect()
}

fn digest(corpus: &SampleCorpus) -> String {
    let mut hash = Sha256::new();
    for document in all(corpus) {
        hash.update(format!("{}\n{}\n{}\n", document.source, document.label, document.text));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_default_corpus_is_the_same_everywhere() {
    let expected = "662da1b87582d35ce87c1f35e798f1b14e658dae973142a9ccdd98769e6e1b2d";
    assert_eq!(digest(&made(|_| {})), expected, "a change of words or code made another corpus");
    assert_ne!(digest(&made(|config| config.seed = 1)), expected);
}

#[test]
fn more_documents_leave_the_others_as_they_are() {
    let (few, many) = (made(|config| config.documents = 500), made(|config| config.documents = 900));
    let many = by_source(&many);
    assert!(all(&few).all(|document| many[document.source.as_str()] == document));
}

#[test]
fn every_class_has_its_share_of_both_parts() {
    let corpus = made(|_| {});
    assert_eq!((corpus.labels.len(), corpus.train.len(), corpus.test.len()), (20, 3000, 1000));
    assert!(corpus.labels.is_sorted() && corpus.planted.is_empty());
    for label in 0..20 {
        let count = |part: &[Document]| part.iter().filter(|document| document.label == label).count();
        assert_eq!((count(&corpus.train), count(&corpus.test)), (150, 50));
    }
    for document in all(&corpus) {
        assert_eq!(document.source.split('/').nth(1).unwrap(), corpus.labels[document.label as usize]);
    }
}

#[test]
fn lengths_are_lognormal_around_forty_words() {
    let corpus = made(|config| config.documents = 8000);
    let mut lengths: Vec<usize> = all(&corpus).map(|document| words(&document.text).len()).collect();
    lengths.sort_unstable();
    let at = |share: f64| lengths[(share * (lengths.len() - 1) as f64) as usize] as f64;
    assert!((35.0..45.0).contains(&at(0.5)), "median {}", at(0.5));
    assert!(at(0.0) >= 4.0 && (300.0..430.0).contains(&at(1.0)), "from {} to {}", at(0.0), at(1.0));
    let (below, above) = (at(0.5) / at(0.1), at(0.9) / at(0.5));
    assert!((below / above - 1.0).abs() < 0.25, "a lognormal is symmetric in its logarithm: {below} and {above}");
}

#[test]
fn no_post_is_written_twice_by_chance() {
    let corpus = made(|_| {});
    let texts: BTreeSet<&str> = all(&corpus).map(|document| document.text.as_str()).collect();
    assert_eq!(texts.len(), 4000);
}

#[test]
fn posts_are_clean_sentences() {
    for document in all(&made(|_| {})) {
        let text = &document.text;
        for wrong in ["{", "}", "[", "]", "|", "  ", " .", " ,", "..", ".,", "??", " a a ", "\n ", " \n"] {
            assert!(!text.contains(wrong), "{wrong:?} in {}: {text}", document.source);
        }
        assert!(text.ends_with(['.', '?', '!']), "{}: {text}", document.source);
        for (article, noun) in text.split(' ').zip(text.split(' ').skip(1)).filter(|(word, _)| *word == "a") {
            assert!(!noun.starts_with(['a', 'i']), "{article} {noun} in {}: {text}", document.source);
        }
    }
}

/// Multinomial naive Bayes (additive smoothing 0.3): the shares of the test part that are right, exactly and by family.
fn naive_bayes(corpus: &SampleCorpus, first_words: usize) -> (f64, f64) {
    let read = |document: &Document| words(&document.text).into_iter().take(first_words).collect::<Vec<_>>();
    let mut counts: BTreeMap<String, [f64; 20]> = BTreeMap::new();
    let mut totals = [0.0; 20];
    for document in &corpus.train {
        for word in read(document) {
            counts.entry(word).or_default()[document.label as usize] += 1.0;
            totals[document.label as usize] += 1.0;
        }
    }
    let smoothed_totals = totals.map(|total| total + 0.3 * counts.len() as f64);
    let family = |label: usize| corpus.labels[label].split('.').next();
    let (mut exact, mut by_family) = (0, 0);
    for document in &corpus.test {
        let known: Vec<&[f64; 20]> = read(document).iter().filter_map(|word| counts.get(word)).collect();
        let score = |label: usize| -> f64 {
            known.iter().map(|counts| ((counts[label] + 0.3) / smoothed_totals[label]).ln()).sum()
        };
        let best = (0..20).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap();
        exact += usize::from(best == document.label as usize);
        by_family += usize::from(family(best) == family(document.label as usize));
    }
    (exact as f64 / corpus.test.len() as f64, by_family as f64 / corpus.test.len() as f64)
}

#[test]
fn it_is_hard_but_not_too_hard() {
    let corpus = made(|_| {});
    let (exact, by_family) = naive_bayes(&corpus, usize::MAX);
    assert!((0.86..0.93).contains(&exact) && by_family > 0.98, "{exact} exact, {by_family} by family");
    let (exact, _) = naive_bayes(&corpus, 10);
    assert!((0.4..0.7).contains(&exact), "{exact} from the first ten words");
}

#[test]
fn label_noise_is_planted_half_of_it_among_siblings() {
    let (clean, noisy) = (made(|_| {}), made(|config| config.label_noise = 0.2));
    let wrong: BTreeMap<&str, u32> = noisy
        .planted
        .iter()
        .map(|planted| match planted.fault {
            Fault::Mislabelled { truth } => (planted.source.as_str(), truth),
            ref other => panic!("{other:?}"),
        })
        .collect();
    assert!((0.18..0.22).contains(&(wrong.len() as f64 / 4000.0)), "{}", wrong.len());
    let number = |document: &Document| document.source.rsplit('/').next().unwrap().to_string();
    let clean: BTreeMap<String, &Document> = all(&clean).map(|document| (number(document), document)).collect();
    let family = |label: u32| noisy.labels[label as usize].split('.').next();
    let mut siblings = 0;
    for document in all(&noisy) {
        let clean = clean[&number(document)];
        assert_eq!(clean.text, document.text, "noise leaves the text alone");
        assert_eq!(wrong.get(document.source.as_str()).copied().unwrap_or(document.label), clean.label);
        siblings += usize::from(clean.label != document.label && family(clean.label) == family(document.label));
    }
    assert!((0.5..0.62).contains(&(siblings as f64 / wrong.len() as f64)), "{siblings} of {}", wrong.len());
}

#[test]
fn near_duplicates_are_near_and_in_both_parts() {
    let corpus = made(|config| config.near_duplicates = 0.1);
    let documents = by_source(&corpus);
    let (mut count, mut across) = (0, 0);
    for planted in &corpus.planted {
        let Fault::NearDuplicate { original } = &planted.fault else { panic!("{planted:?}") };
        let (copy, original) = (documents[planted.source.as_str()], documents[original.as_str()]);
        assert!(copy.text != original.text && copy.label == original.label);
        assert!(corpus.planted.iter().all(|planted| planted.source != original.source), "a copy of a copy");
        let [a, b] = [copy, original].map(|document| words(&document.text).into_iter().collect::<BTreeSet<_>>());
        let overlap = a.intersection(&b).count() as f64 / a.union(&b).count() as f64;
        assert!(overlap > 0.5, "{overlap}\n{}\n{}", copy.text, original.text);
        count += 1;
        across += usize::from(planted.source[..5] != original.source[..5]);
    }
    assert!((340..460).contains(&count), "{count}");
    assert!(across > count / 4, "{across} of {count} across the parts");
}

#[test]
fn empty_texts_are_counted() {
    let corpus = made(|config| config.empty_texts = 0.05);
    let empty: BTreeSet<&str> = by_source(&corpus)
        .into_iter()
        .filter(|(_, document)| document.text.trim().is_empty())
        .map(|(s, _)| s)
        .collect();
    assert!((160..240).contains(&empty.len()), "{}", empty.len());
    let planted: BTreeSet<&str> = corpus.planted.iter().map(|planted| planted.source.as_str()).collect();
    assert!(planted == empty && corpus.planted.iter().all(|planted| planted.fault == Fault::Empty));
}

#[test]
fn a_date_shift_brings_words_that_train_has_not_seen() {
    let measured = [0.0, 0.5, 1.0].map(|shift| {
        let corpus = made(|config| config.date_shift = shift);
        let known: BTreeSet<String> = corpus.train.iter().flat_map(|document| words(&document.text)).collect();
        let test: Vec<String> = corpus.test.iter().flat_map(|document| words(&document.text)).collect();
        let unseen = test.iter().filter(|word| !known.contains(*word)).count();
        (unseen as f64 / test.len() as f64, naive_bayes(&corpus, usize::MAX).0)
    });
    let [(none, before), (half, _), (full, after)] = measured;
    assert!(none < 0.01 && none < half && half < full && full > 0.03, "unseen and accuracy: {measured:?}");
    assert!(after < before - 0.03, "unseen and accuracy: {measured:?}");
}

#[test]
fn a_written_corpus_has_a_file_per_text_and_spares_what_is_there() {
    let corpus = made(|config| (config.documents, config.empty_texts) = (200, 0.1));
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("new/sample");
    corpus.write(&target).unwrap();
    for document in all(&corpus) {
        assert_eq!(fs::read_to_string(target.join(format!("{}.txt", document.source))).unwrap(), document.text);
    }
    let mut entries: Vec<_> = fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    entries.sort();
    assert_eq!(entries, ["test", "train"], "nothing else is left behind");
    let count = |part: &str| {
        let classes = fs::read_dir(target.join(part)).unwrap();
        classes.map(|class| fs::read_dir(class.unwrap().path()).unwrap().count()).sum::<usize>()
    };
    assert_eq!((count("train"), count("test")), (corpus.train.len(), corpus.test.len()));
    let error = corpus.write(&target).unwrap_err();
    assert!(matches!(error, Error::Data { .. }) && error.to_string().contains("holds files already"), "{error}");
}

#[test]
fn a_setting_without_meaning_is_named() {
    let refused = |change: fn(&mut SampleConfig)| {
        let mut config = SampleConfig::default();
        change(&mut config);
        generate(&config).unwrap_err().to_string()
    };
    assert!(refused(|config| config.documents = 99).starts_with("documents: expected at least 100"));
    assert!(refused(|config| config.test_fraction = 1.0).starts_with("test_fraction: expected a share"));
    assert!(refused(|config| config.label_noise = -0.1).starts_with("label_noise: expected a share"));
    assert!(refused(|config| config.near_duplicates = 1.1).starts_with("near_duplicates: expected a share"));
    assert!(refused(|config| config.empty_texts = f64::NAN).starts_with("empty_texts: expected a share"));
    assert!(refused(|config| config.date_shift = f64::INFINITY).starts_with("date_shift: expected a share"));
}

#[test]
fn a_config_file_may_leave_settings_out_but_not_invent_any() {
    let config: SampleConfig = toml::from_str("seed = 7\nlabel_noise = 0.1").unwrap();
    assert_eq!(config, SampleConfig { seed: 7, label_noise: 0.1, ..SampleConfig::default() });
    assert!(toml::from_str::<SampleConfig>("noise = 0.1").unwrap_err().to_string().contains("unknown field"));
}

#[test]
fn planted_words_cuts_and_second_names_are_listed_and_leave_other_texts_as_they_are() {
    let clean = generate(&SampleConfig { documents: 400, ..SampleConfig::default() }).unwrap();
    let planted =
        SampleConfig { documents: 400, leaked_words: 0.3, cut_texts: 0.2, dealt_class: 0.5, ..SampleConfig::default() };
    let planted = generate(&planted).unwrap();
    assert_eq!(planted.labels.len(), 21);
    let number = |source: &str| source.rsplit('/').next().unwrap().to_owned();
    let texts: std::collections::BTreeMap<String, &str> = clean
        .train
        .iter()
        .chain(&clean.test)
        .map(|document| (number(&document.source), document.text.as_str()))
        .collect();
    for document in planted.train.iter().chain(&planted.test) {
        let faults: Vec<&Fault> =
            planted.planted.iter().filter(|fault| fault.source == document.source).map(|fault| &fault.fault).collect();
        let text = texts[&number(&document.source)];
        let is_cut = faults.contains(&&Fault::Cut);
        let expected = if is_cut { text.split(' ').take(3).collect::<Vec<_>>().join(" ") } else { text.to_owned() };
        match faults.iter().find_map(|fault| if let Fault::LeakedWord { word } = fault { Some(word) } else { None }) {
            Some(word) => assert_eq!(document.text, format!("{expected} {word}")),
            None => assert_eq!(document.text, expected),
        }
        assert_eq!(document.label == 20, faults.contains(&&Fault::DealtClass));
    }
}

#[test]
fn noise_of_one_class_stays_in_it() {
    let config = SampleConfig { documents: 1000, class_noise: 0.25, ..SampleConfig::default() };
    let planted = generate(&config).unwrap().planted;
    assert!((8..20).contains(&planted.len()), "{}", planted.len());
    assert!(planted.iter().all(|planted| planted.fault == Fault::Mislabelled { truth: 0 }));
    let config = SampleConfig { documents: 1000, uniform_noise: 0.1, ..SampleConfig::default() };
    assert!((70..130).contains(&generate(&config).unwrap().planted.len()));
}
