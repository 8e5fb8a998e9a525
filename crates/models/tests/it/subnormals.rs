//! A caller keeps its floating-point state, and the answers do not depend on it.

#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use ninefold_core::error::Error;
use ninefold_core::progress::{Progress, Silent};
use ninefold_core::subnormals::FlushSubnormals;
use ninefold_models::{Model, Predictor};
use ninefold_nn::batch::Padding;
use ninefold_nn::families::ModelKind;

use crate::bundle::bundle;

const TEXTS: [&str; 2] = ["rook takes pawn", "pawn pawn"];

/// Cancels the work from within, or panics there.
enum Ending {
    Cancel,
    Panic,
}

impl Progress for Ending {
    fn is_cancelled(&self) -> bool {
        assert!(FlushSubnormals::is_active() || !cfg!(target_arch = "x86_64"));
        match self {
            Ending::Cancel => true,
            Ending::Panic => panic!("on purpose"),
        }
    }
}

fn predictor(kind: ModelKind) -> Predictor {
    Predictor::new(Model::Network(Box::new(bundle(kind, Padding::Exact)))).unwrap()
}

#[test]
fn state_of_the_caller_is_restored_after_answers_error_and_panic() {
    let predictor = predictor(ModelKind::Rnn);
    predictor.predict(&TEXTS, &Silent).unwrap();
    assert!(!FlushSubnormals::is_active());
    assert!(matches!(predictor.predict(&TEXTS, &Ending::Cancel), Err(Error::Interrupted)));
    assert!(!FlushSubnormals::is_active());
    assert!(catch_unwind(AssertUnwindSafe(|| predictor.predict(&TEXTS, &Ending::Panic))).is_err());
    assert!(!FlushSubnormals::is_active());
}

#[test]
fn answers_are_equal_in_any_pool_and_state() {
    for kind in [ModelKind::Rnn, ModelKind::Cnn, ModelKind::Swem] {
        let predictor = predictor(kind);
        let predict = || predictor.predict(&TEXTS, &Silent).unwrap();
        let expected = predict();
        let foreign = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        assert_eq!(foreign.install(predict), expected);
        assert_eq!(foreign.broadcast(|_| FlushSubnormals::is_active()), [false; 2]);
        assert_eq!(ninefold_core::threads::pool(2).unwrap().install(predict), expected);
        let _flushing = FlushSubnormals::enter();
        assert_eq!(predict(), expected);
    }
}
