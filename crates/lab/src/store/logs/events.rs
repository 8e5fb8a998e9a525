//! TensorBoard's event files: a record per epoch with a number per tag.
//!
//! ```text
//! record:  length u64 | masked crc32c of the length | event | masked crc32c of the event           all little-endian
//! event:   1 wall_time double   2 step varint   3 file_version string   5 summary { 1 value { 1 tag   2 number float } }
//! ```
//!
//! Takes steps and numbers -> gives bytes that TensorBoard's own reader takes for its writer's (`tools/golden/events.py`).
//! The crates for it bring TensorFlow's whole protocol along, for five fields.
//!
//! # Source
//! The formats of TensorFlow's `record_writer.h`, `event.proto` and `summary.proto`; the polynomial is Castagnoli's.

/// The first event of every file.
const VERSION: &str = "brain.Event:2";

/// The record that begins a file.
pub(crate) fn beginning(wall_time: f64) -> Vec<u8> {
    let mut event = moment(wall_time, 0);
    field_bytes(&mut event, 3, VERSION.as_bytes());
    record(&event)
}

/// The record of some numbers at a step.
pub(crate) fn scalars(wall_time: f64, step: u64, numbers: &[(&str, f64)]) -> Vec<u8> {
    let mut summary = Vec::new();
    for &(tag, number) in numbers {
        let mut value = Vec::new();
        field_bytes(&mut value, 1, tag.as_bytes());
        value.push(2 << 3 | 5); // four bytes
        value.extend((number as f32).to_le_bytes());
        field_bytes(&mut summary, 1, &value);
    }
    let mut event = moment(wall_time, step);
    field_bytes(&mut event, 5, &summary);
    record(&event)
}

fn moment(wall_time: f64, step: u64) -> Vec<u8> {
    let mut event = vec![1 << 3 | 1]; // eight bytes
    event.extend(wall_time.to_le_bytes());
    if step > 0 {
        event.push(2 << 3); // varint
        varint(&mut event, step);
    }
    event
}

fn field_bytes(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2); // length, then bytes
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn record(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    let mut out = length.to_vec();
    out.extend(masked(crc32c(&length)).to_le_bytes());
    out.extend(event);
    out.extend(masked(crc32c(event)).to_le_bytes());
    out
}

/// Turned and shifted, so that the checksum of bytes that hold a checksum is no trivial one.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !bytes.iter().fold(!0, |crc, &byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[derive(serde::Deserialize)]
    struct Golden {
        wall_time: f64,
        steps: Vec<(u64, Vec<(String, f64)>)>,
        file: String,
    }

    #[test]
    fn the_bytes_are_those_of_tensorboards_own_writer() {
        let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/events.json")).unwrap();
        let mut written = beginning(golden.wall_time);
        for (step, numbers) in &golden.steps {
            let numbers: Vec<(&str, f64)> = numbers.iter().map(|(tag, number)| (tag.as_str(), *number)).collect();
            written.extend(scalars(golden.wall_time, *step, &numbers));
        }
        let hex: String = written.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, golden.file);
    }

    #[test]
    fn the_checksum_is_castagnolis() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(b""), 0);
    }
}
