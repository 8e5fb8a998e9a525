//! How much the texts of each class count in training, where classes are uneven.
//!
//! Takes the setting and the sizes of the classes in train -> gives a weight per class: what the loss of its texts is multiplied by.
//!
//! # Source
//! The meaning is that of scikit-learn's `class_weight`; networks divide by the sum of a batch's weights, as PyTorch's
//! `CrossEntropyLoss(weight)` does.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{listed, nearest};

/// How much the texts of each class count.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClassWeight {
    /// All the same.
    #[default]
    None,
    /// The rarer the class, the more: texts / (classes · texts of the class).
    Balanced,
    /// By label; a label that is not named counts 1.
    Given(BTreeMap<String, f64>),
}

const NAMES: [&str; 2] = ["none", "balanced"];

impl ClassWeight {
    /// Refuses weights that are no positive numbers.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the label.
    pub fn validate(&self) -> Result<()> {
        let ClassWeight::Given(weights) = self else { return Ok(()) };
        match weights.iter().find(|(_, weight)| !(**weight > 0.0 && weight.is_finite())) {
            Some((label, weight)) => {
                Err(Error::invalid_value(format!("class_weight.{label}"), "a number above 0", weight))
            }
            None => Ok(()),
        }
    }

    /// The weight of each class, by label id. `names` and `sizes`, the sum of the weights of each class's training texts (their number
    /// where all weigh 1): `[num_classes]`
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when a label is named that the corpus does not have.
    ///
    /// # Examples
    /// ```
    /// use ninefold_nn::class_weight::ClassWeight;
    ///
    /// let names = ["ham", "spam"].map(String::from);
    /// assert_eq!(ClassWeight::Balanced.weights(&names, &[30.0, 10.0])?, [2.0 / 3.0, 2.0]);
    /// # Ok::<(), ninefold_core::Error>(())
    /// ```
    pub fn weights(&self, names: &[String], sizes: &[f64]) -> Result<Vec<f64>> {
        match self {
            ClassWeight::None => Ok(vec![1.0; names.len()]),
            ClassWeight::Balanced => Ok(balanced(sizes)),
            ClassWeight::Given(weights) => {
                if let Some(stranger) = weights.keys().find(|label| !names.contains(label)) {
                    let hint = nearest(stranger, names).map(|name| format!(" (did you mean {name:?}?)"));
                    let expected = format!("labels of the texts: {}", listed(names));
                    let found = format!("{stranger:?}{}", hint.unwrap_or_default());
                    return Err(Error::invalid_value("training.class_weight", expected, found));
                }
                Ok(names.iter().map(|name| weights.get(name).copied().unwrap_or(1.0)).collect())
            }
        }
    }
}

/// scikit-learn's "balanced"; a class without texts has nothing to weigh.
fn balanced(sizes: &[f64]) -> Vec<f64> {
    let (texts, present) = (sizes.iter().sum::<f64>(), sizes.iter().filter(|&&size| size > 0.0).count() as f64);
    let weight = |&size: &f64| if size > 0.0 { texts / (present * size) } else { 1.0 };
    sizes.iter().map(weight).collect()
}

impl Serialize for ClassWeight {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            ClassWeight::None => serializer.serialize_str(NAMES[0]),
            ClassWeight::Balanced => serializer.serialize_str(NAMES[1]),
            ClassWeight::Given(weights) => weights.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ClassWeight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<ClassWeight, D::Error> {
        struct NameOrWeights;
        impl<'de> Visitor<'de> for NameOrWeights {
            type Value = ClassWeight;

            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("\"none\", \"balanced\" or a weight per label")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> std::result::Result<ClassWeight, E> {
                match name {
                    "none" => Ok(ClassWeight::None),
                    "balanced" => Ok(ClassWeight::Balanced),
                    other => Err(E::unknown_variant(other, &NAMES)),
                }
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> std::result::Result<ClassWeight, M::Error> {
                Deserialize::deserialize(de::value::MapAccessDeserializer::new(map)).map(ClassWeight::Given)
            }
        }
        deserializer.deserialize_any(NameOrWeights)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["ham", "spam", "eggs"].map(str::to_owned).into()
    }

    #[test]
    fn balanced_weights_are_scikit_learns() {
        // compute_class_weight("balanced", classes=[0, 1], y=[0, 0, 0, 1]); the third class has no text
        let weights = ClassWeight::Balanced.weights(&names(), &[3.0, 1.0, 0.0]).unwrap();
        assert_eq!(weights, [4.0 / 6.0, 2.0, 1.0]);
    }

    #[test]
    fn given_weights_go_to_their_labels() {
        let given = ClassWeight::Given(BTreeMap::from([("spam".to_string(), 2.5)]));
        assert_eq!(given.weights(&names(), &[1.0, 0.0, 0.0]).unwrap(), [1.0, 2.5, 1.0]);
        let given = ClassWeight::Given(BTreeMap::from([("spma".to_string(), 2.5)]));
        let error = given.weights(&names(), &[1.0, 0.0, 0.0]).unwrap_err().to_string();
        assert!(error.ends_with("found \"spma\" (did you mean \"spam\"?)"), "{error}");
        let given = ClassWeight::Given(BTreeMap::from([("ham".to_string(), 0.0)]));
        assert_eq!(given.validate().unwrap_err().to_string(), "class_weight.ham: expected a number above 0, found 0");
    }

    #[test]
    fn a_name_or_a_table_comes_back_as_it_was() {
        let given = ClassWeight::Given(BTreeMap::from([("comp.graphics".to_string(), 0.5)]));
        for weight in [ClassWeight::None, ClassWeight::Balanced, given] {
            let json = serde_json::to_string(&weight).unwrap();
            assert_eq!(serde_json::from_str::<ClassWeight>(&json).unwrap(), weight, "{json}");
        }
        assert!(serde_json::from_str::<ClassWeight>("\"balance\"").is_err());
    }
}
