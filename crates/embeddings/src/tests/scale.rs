//! What does not depend on where sentences lie, how much memory there is, or whether a training was killed on the way.

use std::path::Path;
use std::time::Duration;

use super::*;

type TrainedOn = Box<dyn Fn(Sentences, &Vocab, &Resources, &dyn Progress) -> Result<WordVectors>>;

/// Every trainer, by name.
fn every_trainer() -> Vec<(String, TrainedOn)> {
    let mut all: Vec<(String, TrainedOn)> = Vec::new();
    for (architecture, loss) in [(Architecture::SkipGram, Loss::Ns), (Architecture::Cbow, Loss::Hs)] {
        let word2vec = Word2VecConfig { architecture, loss, epochs: 4.into(), sample: 0.01, ..small_word2vec() };
        let fasttext = word2vec.clone().into();
        let name = |method: &str| format!("{method} {architecture:?} {loss:?}");
        all.push((name("word2vec"), Box::new(move |s, v, r, p| word2vec::train_on(&word2vec, s, v, r, p))));
        all.push((name("fasttext"), Box::new(move |s, v, r, p| fasttext::train_on(&fasttext, s, v, r, p))));
    }
    let glove = GloveConfig { epochs: 4, ..small_glove() };
    all.push(("glove".to_string(), Box::new(move |s, v, r, p| glove::train_on(&glove, s, v, r, p))));
    all
}

fn resources(folder: &Path, memory: u64, keeps: bool) -> Resources {
    let checkpoint = Checkpoint { path: folder.join("checkpoint"), every: Duration::ZERO };
    Resources { memory, folder: folder.to_path_buf(), checkpoint: keeps.then_some(checkpoint) }
}

#[test]
fn sentences_in_a_file_and_counts_on_the_disk_give_the_same_bytes() {
    let (mut sentences, vocab) = planted();
    let endless = sentences.concat().repeat(3);
    sentences.push(endless);
    let folder = tempfile::tempdir().unwrap();
    let mut file = IdFile::create(folder.path()).unwrap();
    sentences.iter().for_each(|sentence| file.push(sentence).unwrap());
    let file = file.finish().unwrap();
    for (name, train) in every_trainer() {
        let in_memory = train(Sentences::Memory(&sentences), &vocab, &Resources::default(), &Silent).unwrap();
        for memory in [0, 1 << 30] {
            let resources = resources(folder.path(), memory, false);
            let in_file = train(Sentences::File(&file), &vocab, &resources, &Silent).unwrap();
            assert!(in_memory.matrix() == in_file.matrix(), "{name}, {memory} bytes");
        }
    }
}

#[test]
fn a_killed_training_goes_on_to_the_same_bytes() {
    let (sentences, vocab) = planted();
    for (name, train) in every_trainer() {
        let folder = tempfile::tempdir().unwrap();
        let (plain, keeping) = (resources(folder.path(), 1 << 30, false), resources(folder.path(), 1 << 30, true));
        let through = train(Sentences::Memory(&sentences), &vocab, &plain, &Silent).unwrap();
        // Each attempt gets a little farther before it is stopped.
        let mut stopped = 0;
        let continued = (1..).find_map(|attempt| {
            let watch = Watch { cancel_at: Some(attempt), ..Watch::default() };
            match train(Sentences::Memory(&sentences), &vocab, &keeping, &watch) {
                Ok(vectors) => Some(vectors),
                Err(Error::Interrupted) => {
                    stopped += 1;
                    None
                }
                Err(error) => panic!("{name}: {error}"),
            }
        });
        assert!(stopped > 1, "{name} was stopped {stopped} times");
        assert!(through.matrix() == continued.unwrap().matrix(), "{name}");
        let again = train(Sentences::Memory(&sentences), &vocab, &keeping, &Silent).unwrap();
        assert!(through.matrix() == again.matrix(), "{name}: what is done is done");
        assert!(std::fs::read(keeping.checkpoint.unwrap().path).unwrap().starts_with(b"{\"method\":"));
    }
}

#[test]
fn a_checkpoint_that_cannot_be_written_stops_the_training() {
    let (sentences, vocab) = planted();
    for (name, train) in every_trainer() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let resources = resources(&folder.path().join("file"), 1 << 30, true);
        let refusal = train(Sentences::Memory(&sentences), &vocab, &resources, &Silent).unwrap_err().to_string();
        assert!(refusal.contains("file"), "{name}: {refusal}");
    }
}
