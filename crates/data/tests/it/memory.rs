//! A corpus of texts in memory.
#![allow(clippy::unwrap_used)]

use ninefold_data::{Corpus, CorpusConfig, PartCounts, Pick, Split, TestSplit};

fn texts(count: usize) -> Vec<(String, &'static str)> {
    (0..count).map(|n| (format!("text number {n}"), ["pos", "neg"][n % 2])).collect()
}

#[test]
fn texts_in_memory_are_split_like_the_same_texts_in_a_file() {
    let texts = texts(100);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let rows: String = texts.iter().map(|(text, label)| format!("{label},{text}\n")).collect();
    std::fs::write(&path, format!("label,text\n{rows}")).unwrap();
    for split in [Split::Auto, Split::Random, Split::Last] {
        let config = CorpusConfig { split, split_seed: 3, test_fraction: 0.3, ..CorpusConfig::default() };
        let in_memory = Corpus::from_texts(&texts, None, &config).unwrap();
        let config = CorpusConfig { data: path.display().to_string(), ..config };
        let in_file =
            ninefold_data::load(&config, &ninefold_core::folders::Folders::default(), &ninefold_core::progress::Silent)
                .unwrap();
        let parts = |corpus: &Corpus| {
            let texts = |part: &[ninefold_data::Document]| {
                part.iter().map(|document| (document.text.clone(), document.label)).collect::<Vec<_>>()
            };
            [texts(&corpus.train), texts(&corpus.validation), texts(&corpus.test)]
        };
        assert_eq!(parts(&in_memory), parts(&in_file), "{split:?}");
        assert_eq!(in_memory.protocol.split, in_file.protocol.split);
        assert_eq!(in_memory.protocol.texts, in_file.protocol.texts);
    }
}

#[test]
fn the_protocol_names_texts_by_their_checksum() {
    let config = CorpusConfig::default();
    let name = |texts: &[(String, &str)], test| Corpus::from_texts(texts, test, &config).unwrap().protocol.data;
    let all = texts(40);
    let first = name(&all, None);
    let digits = first.strip_prefix("texts sha256:").unwrap();
    assert!(digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{first}");
    assert_eq!(first, name(&all, None));
    assert_ne!(first, name(&all[..39], None));
    assert_ne!(first, name(&all[..30], Some(&all[30..])), "the parts count");
}

#[test]
fn a_test_part_in_memory_is_a_given_split() {
    let all = texts(40);
    let corpus = Corpus::from_texts(&all[..30], Some(&all[30..]), &CorpusConfig::default()).unwrap();
    assert_eq!(corpus.protocol.split, TestSplit::Given("given".into()));
    assert_eq!(corpus.protocol.texts, PartCounts { train: 26, validation: 4, test: 10 });
    assert_eq!((corpus.test[0].source.as_str(), corpus.test[0].text.as_str()), ("test:1", "text number 30"));
    let last = CorpusConfig { split: Split::Last, validation: Pick::Last, ..CorpusConfig::default() };
    let pooled = Corpus::from_texts(&all[..30], Some(&all[30..]), &last).unwrap();
    assert_eq!(pooled.protocol.split, TestSplit::Cut { pick: Pick::Last, fraction: 0.2, seed: 0, actual: None });
}

#[test]
fn settings_and_texts_that_cannot_be_split_are_refused() {
    let refused = |texts: &[(String, &str)], config: CorpusConfig| {
        Corpus::from_texts(texts, None, &config).unwrap_err().to_string()
    };
    let config = CorpusConfig::default;
    assert!(refused(&texts(40), CorpusConfig { split: Split::Given, ..config() }).contains("found no test part"));
    assert!(refused(&texts(40), CorpusConfig { split: Split::Bydate, ..config() }).starts_with("split: expected"));
    assert!(refused(&texts(40), CorpusConfig { test_fraction: 2.0, ..config() }).starts_with("test_fraction"));
    let one_class = [("a".to_string(), "pos"), ("b".to_string(), "pos")];
    assert!(refused(&one_class, config()).contains("at least two classes"));
    assert!(refused(&[], config()).starts_with("texts sha256:"), "{}", refused(&[], config()));
}

#[test]
fn corpus_for_training_has_no_test_part() {
    let all = texts(40);
    let corpus = Corpus::for_training(&all, None, &CorpusConfig::default()).unwrap();
    assert_eq!(corpus.protocol.texts, PartCounts { train: 36, validation: 4, test: 0 });
    assert_eq!(corpus.protocol.split, TestSplit::NoTest);
    assert_eq!(TestSplit::from(corpus.protocol.split.to_string()), TestSplit::NoTest);
    let given = Corpus::for_training(&all[..30], Some(&all[30..]), &CorpusConfig::default()).unwrap();
    assert_eq!(given.protocol.texts, PartCounts { train: 30, validation: 10, test: 0 });
    assert_eq!((given.protocol.validation.as_str(), given.validation[0].source.as_str()), ("given", "validation:1"));
    let one_class: Vec<_> = all.iter().filter(|(_, label)| *label == "pos").cloned().collect();
    let refusal = Corpus::for_training(&one_class, None, &CorpusConfig::default()).unwrap_err().to_string();
    assert!(refusal.contains("a classifier needs at least two classes"), "{refusal}");
}

#[test]
fn given_validation_part_goes_with_a_test_part() {
    let all = texts(40);
    let corpus = Corpus::from_parts(&all[..20], &all[20..30], Some(&all[30..]), &CorpusConfig::default()).unwrap();
    assert_eq!(corpus.protocol.texts, PartCounts { train: 20, validation: 10, test: 10 });
    let other = Corpus::from_parts(&all[..20], &all[22..30], Some(&all[30..]), &CorpusConfig::default()).unwrap();
    assert_ne!(corpus.protocol.data, other.protocol.data, "the validation texts count");
}
