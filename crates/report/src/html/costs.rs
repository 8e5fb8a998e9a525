//! The main score of every row against the time that a text takes, with the size on disk: what a better score costs.

use serde::Serialize;

use super::template::polyline;
use crate::phrases::{megabytes, milliseconds, percent};
use ninefold_core::phrasing::thousands;
use ninefold_metrics::Interval;
use ninefold_records::{Cost, Leaderboard, Row, RowKind};

/// The area of the points, in the drawing's own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
/// Radius of the largest model, and the smallest radius that can be seen.
const LARGEST: f64 = 16.0;
const SMALLEST: f64 = 3.5;
/// Of a name: the width of a character, the height of a line, and the gap to its point.
const CHARACTER: f64 = 6.6;
const LINE: f64 = 13.0;
const GAP: f64 = 4.0;
/// The free space around the points.
const MARGIN: f64 = 24.0;
/// At most so many lines behind the points.
const TICKS: f64 = 6.0;

#[derive(Serialize)]
pub(crate) struct Costs {
    score: &'static str,
    level: String,
    points: Vec<Point>,
    /// The line through the front.
    front: String,
    /// Their names, the fastest first.
    front_names: Vec<String>,
    x_ticks: Vec<(f64, String)>,
    y_ticks: Vec<(f64, String)>,
    names: Vec<Name>,
    largest: String,
    has_ties: bool,
    has_deployed: bool,
}

#[derive(Serialize)]
struct Point {
    x: f64,
    y: f64,
    radius: f64,
    /// Ends of the interval.
    ends: Option<[f64; 2]>,
    kind: &'static str,
    /// Shares the best rank, or there are no ranks.
    is_tied: bool,
    is_front: bool,
    is_deployed: bool,
    title: String,
}

/// A name beside its point.
#[derive(Serialize)]
struct Name {
    x: f64,
    y: f64,
    anchor: &'static str,
    text: String,
}

/// A row with all that is drawn of it.
struct Measured<'a> {
    row: &'a Row,
    name: String,
    score: f64,
    interval: Option<Interval>,
    cost: Cost,
}

/// `None` where fewer than two rows were measured.
pub(crate) fn view(board: &Leaderboard) -> Option<Costs> {
    let rows = measured(board);
    if rows.len() < 2 {
        return None;
    }
    let deployed = board.deploy.as_ref().map(|deploy| deploy.choice.name.as_str());
    let front = front(&rows);
    let (horizontal, vertical) = (Axis::of_times(&rows), Axis::of_scores(&rows));
    let most = rows.iter().map(|row| row.cost.disk_bytes).max().unwrap_or(0).max(1);
    let point = |(index, row): (usize, &Measured)| Point {
        x: WIDTH * horizontal.fraction(row.cost.ms_per_text.max(FASTEST).log10()),
        y: HEIGHT * (1.0 - vertical.fraction(row.score)),
        radius: (LARGEST * (row.cost.disk_bytes as f64 / most as f64).sqrt()).max(SMALLEST),
        ends: row.interval.map(|ends| [ends.high, ends.low].map(|end| HEIGHT * (1.0 - vertical.fraction(end)))),
        kind: match row.row.kind {
            RowKind::Pair => "network",
            RowKind::Baseline => "baseline",
            RowKind::Ensemble => "ensemble",
        },
        is_tied: row.row.rank.is_none_or(|rank| rank == 1),
        is_front: front.contains(&index),
        is_deployed: deployed == Some(&row.name),
        title: title(board, row),
    };
    let points: Vec<Point> = rows.iter().enumerate().map(point).collect();
    Some(Costs {
        score: board.main_score.name(),
        level: percent(board.confidence_level().fraction()).replace(".0", ""),
        front: polyline(front.iter().map(|&index| [points[index].x, points[index].y])),
        front_names: front.iter().map(|&index| rows[index].name.clone()).collect(),
        x_ticks: time_ticks(&horizontal),
        y_ticks: score_ticks(&vertical),
        names: names(&rows, &points),
        largest: megabytes(most),
        has_ties: rows.iter().any(|row| row.row.rank.is_some_and(|rank| rank > 1)),
        has_deployed: points.iter().any(|point| point.is_deployed),
        points,
    })
}

fn measured<'a>(board: &'a Leaderboard) -> Vec<Measured<'a>> {
    let of_row = |row: &'a Row| {
        Some(Measured {
            row,
            name: row.pair(),
            score: row.score(board.main_score)?,
            interval: row.interval.map(|interval| interval.of_score(board.main_score)),
            cost: row.cost?,
        })
    };
    board.rows.iter().filter(|row| !row.is_blind()).filter_map(of_row).collect()
}

/// The rows that no other is both faster and better than, the fastest first.
fn front(rows: &[Measured]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&rows[a], &rows[b]);
        a.cost.ms_per_text.total_cmp(&b.cost.ms_per_text).then(b.score.total_cmp(&a.score))
    });
    let mut best = f64::NEG_INFINITY;
    order.retain(|&index| {
        let is_better = rows[index].score > best;
        best = best.max(rows[index].score);
        is_better
    });
    order
}

fn title(board: &Leaderboard, row: &Measured) -> String {
    let interval = row
        .interval
        .map_or(String::new(), |interval| format!(" ({} to {})", percent(interval.low), percent(interval.high)));
    let rank = row.row.rank.map_or(String::new(), |rank| format!(", rank {rank}"));
    format!(
        "{}: {} {} %{interval}, {} ms a text, {} MB on disk{rank}",
        row.name,
        board.main_score.name(),
        percent(row.score),
        milliseconds(row.cost.ms_per_text),
        megabytes(row.cost.disk_bytes)
    )
}

/// Milliseconds below which times are not distinguished: a clock says no less.
const FASTEST: f64 = 1e-6;

/// The values from one end of a drawing to the other.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// Logarithms of milliseconds.
    fn of_times(rows: &[Measured]) -> Axis {
        Axis::around(rows.iter().map(|row| row.cost.ms_per_text.max(FASTEST).log10()), MARGIN / WIDTH, 0.1)
    }

    fn of_scores(rows: &[Measured]) -> Axis {
        let ends = |row: &Measured| row.interval.map_or([row.score; 2], |interval| [interval.low, interval.high]);
        Axis::around(rows.iter().flat_map(ends), MARGIN / HEIGHT, 0.005)
    }

    /// Around all values, with a margin on both sides; no shorter than `least`.
    fn around(values: impl Iterator<Item = f64>, margin: f64, least: f64) -> Axis {
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let missing = (least - (high - low)).max(0.0) / 2.0;
        let (low, high) = (low - missing, high + missing);
        let margin = margin * (high - low) / (1.0 - 2.0 * margin);
        Axis { low: low - margin, high: high + margin }
    }

    fn fraction(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Powers of ten; 1, 2 and 5 of each where those are few.
fn time_ticks(axis: &Axis) -> Vec<(f64, String)> {
    let steps: &[f64] = if axis.high - axis.low > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let powers = axis.low.floor() as i32..=axis.high.ceil() as i32;
    let values = powers.flat_map(|power| steps.iter().map(move |step| (step * 10f64.powi(power), power)));
    let shown = values.filter(|(value, _)| axis.contains(value.log10()));
    let text = |value: f64, power: i32| match usize::try_from(-power) {
        Ok(decimals) => format!("{value:.decimals$}"),
        Err(_) => thousands(value.round() as usize),
    };
    shown.map(|(value, power)| (WIDTH * axis.fraction(value.log10()), text(value, power))).collect()
}

/// In steps of 0.1, 0.2, 0.5, 1, 2, 5, ... percent.
fn score_ticks(axis: &Axis) -> Vec<(f64, String)> {
    let steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
    let step = steps.into_iter().find(|step| (axis.high - axis.low) / step <= TICKS).unwrap_or(1.0);
    let (first, last) = ((axis.low / step).ceil() as i64, (axis.high / step).floor() as i64);
    let values = (first..=last).map(|multiple| multiple as f64 * step);
    values.map(|value| (HEIGHT * (1.0 - axis.fraction(value)), percent(value))).collect()
}

/// A rectangle of the drawing.
#[derive(Clone, Copy, Debug)]
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Area {
    fn overlaps(&self, other: &Area) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    fn is_inside(&self) -> bool {
        self.left >= 0.0 && self.right <= WIDTH && self.top >= 0.0 && self.bottom <= HEIGHT
    }
}

/// The names of the row to deploy and of the front, as far as there is room for them: right of the point, left of it, above, below.
fn names(rows: &[Measured], points: &[Point]) -> Vec<Name> {
    let mut wanted: Vec<usize> =
        (0..rows.len()).filter(|&index| points[index].is_deployed || points[index].is_front).collect();
    wanted.sort_by_key(|&index| !points[index].is_deployed);
    let on_front: Vec<&Point> = points.iter().filter(|point| point.is_front).collect();
    let mut taken: Vec<Area> = points.iter().map(Point::area).chain(along(on_front)).collect();
    let mut names = Vec::new();
    for index in wanted {
        let (point, text) = (&points[index], &rows[index].name);
        let width = CHARACTER * text.chars().count() as f64;
        let free = candidates(point, width)
            .into_iter()
            .find(|(_, area)| area.is_inside() && !taken.iter().any(|other| area.overlaps(other)));
        if let Some((anchor, area)) = free {
            taken.push(area);
            let x = match anchor {
                "start" => area.left,
                "end" => area.right,
                _ => (area.left + area.right) / 2.0,
            };
            names.push(Name { x, y: area.bottom - GAP / 2.0, anchor, text: text.clone() });
        }
    }
    names
}

/// Small areas along the line through the front.
fn along(mut front: Vec<&Point>) -> Vec<Area> {
    const STEP: f64 = 6.0;
    front.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut areas = Vec::new();
    for two in front.windows(2) {
        let (across, down) = (two[1].x - two[0].x, two[1].y - two[0].y);
        let steps = (across.hypot(down) / STEP).ceil().max(1.0);
        areas.extend((0..=steps as usize).map(|step| {
            let fraction = step as f64 / steps;
            let (x, y) = (two[0].x + fraction * across, two[0].y + fraction * down);
            Area { left: x - 1.0, right: x + 1.0, top: y - 1.0, bottom: y + 1.0 }
        }));
    }
    areas
}

impl Point {
    fn area(&self) -> Area {
        let Point { x, y, radius, .. } = *self;
        Area { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius }
    }
}

/// Where a name of that width may be written, the best first, and which side of it is given.
fn candidates(point: &Point, width: f64) -> Vec<(&'static str, Area)> {
    let Point { x, y, radius, .. } = *point;
    let reach = radius + GAP;
    let mut all = Vec::new();
    for shift in [0.0, -0.7 * LINE, 0.7 * LINE, -1.5 * LINE, 1.5 * LINE] {
        let (top, bottom) = (y + shift - LINE / 2.0, y + shift + LINE / 2.0);
        all.push(("start", Area { left: x + reach, right: x + reach + width, top, bottom }));
        all.push(("end", Area { left: x - reach - width, right: x - reach, top, bottom }));
    }
    for (top, bottom) in [(y - reach - LINE, y - reach), (y + reach, y + reach + LINE)] {
        all.push(("middle", Area { left: x - width / 2.0, right: x + width / 2.0, top, bottom }));
        all.push(("end", Area { left: x + radius - width, right: x + radius, top, bottom }));
        all.push(("start", Area { left: x - radius, right: x - radius + width, top, bottom }));
    }
    all
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn front_has_no_row_that_another_is_faster_and_better_than() {
        let board = sample::measured();
        let view = view(&board.merged()).unwrap();
        assert_eq!(view.front_names, ["tfidf_svm", "word2vec + gru", "fasttext + gru"]);
        let deployed: Vec<&Point> = view.points.iter().filter(|point| point.is_deployed).collect();
        assert!(deployed.len() == 1 && deployed[0].title.starts_with("word2vec + gru: accuracy 71.9 %"));
        assert_eq!(view.points.iter().filter(|point| point.is_tied).count(), 2, "two rows share the first rank");
    }

    #[test]
    fn names_do_not_overlap_each_other_or_points() {
        let mut board = sample::measured();
        for (index, row) in board.rows.iter_mut().enumerate() {
            // A steep front: every row is on it.
            let scores =
                row.test.map(|scores| ninefold_metrics::Scores { accuracy: 0.7 + 0.0001 * index as f64, ..scores });
            row.test = scores;
            row.cost = row.cost.map(|cost| Cost { ms_per_text: 1.0 + 0.01 * index as f64, ..cost });
        }
        let merged = board.merged();
        let rows = measured(&merged);
        let view = view(&merged).unwrap();
        let area = |name: &Name| {
            let width = CHARACTER * name.text.chars().count() as f64;
            let left = match name.anchor {
                "start" => name.x,
                "end" => name.x - width,
                _ => name.x - width / 2.0,
            };
            Area { left, right: left + width, top: name.y - LINE, bottom: name.y }
        };
        let areas: Vec<Area> = view.names.iter().map(area).collect();
        for (index, area) in areas.iter().enumerate() {
            assert!(areas[..index].iter().all(|other| !other.overlaps(area)), "{:?}", view.names[index].text);
        }
        assert!(!areas.is_empty() && areas.len() <= rows.len());
    }

    #[test]
    fn axes_have_round_ticks() {
        let of = |ticks: Vec<(f64, String)>| ticks.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(of(time_ticks(&Axis { low: -2.1, high: 1.2 })), ["0.01", "0.1", "1", "10"]);
        assert_eq!(of(time_ticks(&Axis { low: -0.1, high: 0.8 })), ["1", "2", "5"]);
        assert_eq!(
            of(score_ticks(&Axis { low: 0.693, high: 0.751 })),
            ["70.0", "71.0", "72.0", "73.0", "74.0", "75.0"]
        );
    }

    #[test]
    fn run_without_costs_has_no_drawing() {
        assert!(view(&sample::judged()).is_none());
    }
}
