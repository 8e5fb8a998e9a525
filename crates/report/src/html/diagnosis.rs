//! What limits the scores, as a part of `report.html` and as a page of its own: the verdict, a bar of right answers and errors by
//! cause, remedies, the learning curve, confused classes, suspicious labels, every check.

use minijinja::Value;
use serde::Serialize;

use super::template::{polyline, render, style, unbroken};
use crate::phrases::{percent, points, range, seconds};
use crate::text::diagnosis::{basis, cause, title};
use ninefold_core::error::Result;
use ninefold_core::phrasing::{counted, rounded_percent, thousands};
use ninefold_diagnose::{
    Backtest, Budget, Cause, ClassPair, Curve, Detail, Diagnosis, Example, Finding, Remedy, Share, Side, Status,
    Suspect,
};
use ninefold_metrics::Interval;
use ninefold_records::DiagnosisRecord;

/// Suspicious labels that are shown.
const SUSPECTS: usize = 20;
/// Pairs of classes that are shown.
const PAIRS: usize = 8;
/// Of the bar, in its own units.
const BAR: f64 = 760.0;
/// Narrower parts of the bar have no number in them.
const NUMBERED: f64 = 34.0;
/// Of the axis of intervals.
const AXIS: f64 = 200.0;
/// Of the learning curve.
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 190.0;

/// The page `diagnosis.html`.
///
/// # Errors
/// [`Error::Data`](ninefold_core::Error::Data) when the template fails, which would be our own mistake.
pub fn diagnosis_page(record: &DiagnosisRecord) -> Result<String> {
    let page = PageView {
        title: &record.protocol.data,
        style: style(),
        head: record.protocol.to_string().lines().map(str::to_owned).collect(),
        diagnosis: view(record),
    };
    render("diagnosis.html", &page)
}

#[derive(Serialize)]
struct PageView<'a> {
    title: &'a str,
    style: Value,
    head: Vec<String>,
    diagnosis: DiagnosisView<'a>,
}

/// What the template draws.
#[derive(Serialize)]
pub(super) struct DiagnosisView<'a> {
    verdict: String,
    needs: Vec<String>,
    budget: Option<BudgetView>,
    remedies: Vec<RemedyView<'a>>,
    curve: Option<CurveView>,
    pairs: Vec<PairView<'a>>,
    suspects: &'a [Suspect],
    more_suspects: usize,
    checks: Vec<CheckView<'a>>,
    protocol: Vec<String>,
    level: String,
}

#[derive(Serialize)]
struct BudgetView {
    title: String,
    parts: Vec<PartView>,
    has_negative: bool,
    rows: Vec<CauseView>,
}

/// A part of the bar.
#[derive(Serialize)]
struct PartView {
    class: &'static str,
    x: f64,
    width: f64,
    text: String,
    title: String,
}

/// A line below the bar.
#[derive(Serialize)]
struct CauseView {
    class: &'static str,
    name: &'static str,
    points: String,
    interval: String,
    texts: String,
    places: [f64; 3],
}

#[derive(Serialize)]
struct RemedyView<'a> {
    action: &'a str,
    side: &'static str,
    gain: String,
    interval: String,
    basis: &'static str,
    cost: &'a str,
    is_reported: bool,
}

#[derive(Serialize)]
struct CurveView {
    model: String,
    /// On which texts: " on test texts".
    scored: String,
    line: String,
    band: String,
    middle: String,
    points: Vec<(f64, f64, String)>,
    ticks: Vec<(String, f64)>,
    texts: Vec<(String, f64)>,
    backtest: Option<BacktestView>,
    width: f64,
    height: f64,
}

#[derive(Serialize)]
struct BacktestView {
    x: f64,
    low: f64,
    high: f64,
    said: String,
}

#[derive(Serialize)]
struct PairView<'a> {
    a: &'a str,
    b: &'a str,
    confused: String,
    auc: String,
}

#[derive(Serialize)]
struct CheckView<'a> {
    title: &'a str,
    status: &'static str,
    sentence: String,
    examples: &'a [Example],
}

/// The view of a diagnosis.
pub(super) fn view(record: &DiagnosisRecord) -> DiagnosisView<'_> {
    let diagnosis = &record.diagnosis;
    let detail = |of: fn(&Detail) -> bool| {
        let details = diagnosis.findings.iter().filter_map(|finding| finding.detail.as_ref());
        details.into_iter().find(|detail| of(detail))
    };
    let curve = match detail(|detail| matches!(detail, Detail::Curve(_))) {
        Some(Detail::Curve(curve)) => curve_view(curve),
        _ => None,
    };
    let pairs: &[ClassPair] = match detail(|detail| matches!(detail, Detail::Classes(_))) {
        Some(Detail::Classes(pairs)) => &pairs[..pairs.len().min(PAIRS)],
        _ => &[],
    };
    let shown = diagnosis.suspects.len().min(SUSPECTS);
    DiagnosisView {
        verdict: unbroken(std::slice::from_ref(&diagnosis.verdict.sentence)).concat(),
        needs: diagnosis.verdict.needs.clone(),
        budget: diagnosis.budget.as_ref().map(budget_view),
        remedies: diagnosis.remedies.iter().map(remedy_view).collect(),
        curve,
        pairs: pairs.iter().map(pair_view).collect(),
        suspects: &diagnosis.suspects[..shown],
        more_suspects: diagnosis.suspects.len() - shown,
        checks: diagnosis.findings.iter().map(check_view).collect(),
        protocol: protocol(record),
        level: rounded_percent(diagnosis.confidence_level.fraction()).to_string(),
    }
}

fn class(of: Cause) -> &'static str {
    match of {
        Cause::Shift => "cause-shift",
        Cause::NoWords => "cause-none",
        Cause::FewWords => "cause-few",
        Cause::RatherFewWords => "cause-rather",
        Cause::CopyWithOtherLabel => "cause-copy",
        Cause::SuspectLabel => "cause-suspect",
        Cause::OtherModelRight => "cause-other",
        Cause::NoModelRight => "cause-rest",
        Cause::ChosenModel => "cause-model",
    }
}

/// Right answers, then every positive share; negative ones take their width from what is left.
fn budget_view(budget: &Budget) -> BudgetView {
    let positive: f64 = budget.shares.iter().map(|share| share.error.max(0.0)).sum();
    let scale = if positive > 0.0 { budget.error / positive } else { 0.0 };
    let right = (1.0 - budget.error, 1.0 - budget.error, "cause-right", "right answers");
    let wrong = budget
        .shares
        .iter()
        .map(|share| (share.error, scale * share.error.max(0.0), class(share.cause), cause(share.cause)));
    let mut parts = Vec::new();
    let mut x = 0.0;
    for (fraction, drawn, class, name) in std::iter::once(right).chain(wrong) {
        let width = BAR * drawn;
        let text = if width >= NUMBERED { percent(fraction) } else { String::new() };
        parts.push(PartView { class, x, width, text, title: format!("{name}: {} %", percent(fraction)) });
        x += width;
    }
    let ends = budget.shares.iter().flat_map(|share| [share.interval.low, share.interval.high, share.error]);
    let (low, high) = ends.fold((0.0f64, 0.01f64), |(low, high), end| (low.min(end), high.max(end)));
    let place = |value: f64| AXIS * (value - low) / (high - low);
    let row = |share: &Share| CauseView {
        class: class(share.cause),
        name: cause(share.cause),
        points: points(share.error),
        interval: range(share.interval),
        texts: share.texts.map_or(String::new(), percent),
        places: [share.interval.low, share.error, share.interval.high].map(place),
    };
    let of =
        if budget.is_of_test() { "" } else { " of the texts, each answered by a model that was not trained on it" };
    let title = format!(
        "{}: {} % right, {} % wrong ({} to {}){of}",
        budget.model,
        percent(1.0 - budget.error),
        percent(budget.error),
        percent(budget.interval.low),
        percent(budget.interval.high)
    );
    let has_negative = budget.shares.iter().any(|share| points(share.error).starts_with('-'));
    BudgetView { title, parts, has_negative, rows: budget.shares.iter().map(row).collect() }
}

fn remedy_view(remedy: &Remedy) -> RemedyView<'_> {
    let is_unknown = remedy.side == Side::Score && remedy.gain == 0.0;
    RemedyView {
        action: &remedy.action,
        side: match remedy.side {
            Side::Score => "score",
            Side::Model => "model",
            Side::Data => "data",
        },
        gain: if is_unknown { "unknown".to_owned() } else { points(remedy.gain) },
        interval: if is_unknown { String::new() } else { range(remedy.interval) },
        basis: basis(remedy.basis),
        cost: &remedy.cost,
        is_reported: remedy.is_reported,
    }
}

fn pair_view(pair: &ClassPair) -> PairView<'_> {
    PairView { a: &pair.a, b: &pair.b, confused: percent(pair.confused), auc: format!("{:.2}", pair.auc) }
}

fn check_view(finding: &Finding) -> CheckView<'_> {
    CheckView {
        title: title(&finding.check),
        status: match finding.status {
            Status::Found => "found",
            Status::NotFound => "not found",
            Status::NotEnoughEvidence => "not judged",
        },
        sentence: unbroken(std::slice::from_ref(&finding.sentence)).concat(),
        examples: &finding.examples,
    }
}

/// The curve over the logarithm of the number of texts.
fn curve_view(curve: &Curve) -> Option<CurveView> {
    let (first, last) = (curve.points.first()?, curve.points.last()?);
    let end = curve.forecasts.last().map_or(last.texts, |forecast| forecast.texts);
    let of_forecasts = curve.forecasts.iter().flat_map(|forecast| [forecast.interval.low, forecast.interval.high]);
    let values = curve.points.iter().map(|point| point.accuracy).chain(of_forecasts);
    let (low, high) = values.fold((1.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    let (low, high) = ((10.0 * low).floor() / 10.0, ((10.0 * high).ceil() / 10.0).min(1.0));
    let logarithm = |texts: usize| (texts.max(1) as f64).ln();
    let x = |texts: usize| {
        WIDTH * (logarithm(texts) - logarithm(first.texts)) / (logarithm(end) - logarithm(first.texts)).max(1e-9)
    };
    let y = |accuracy: f64| HEIGHT * (1.0 - (accuracy.clamp(low, high) - low) / (high - low).max(1e-9));
    let start = [x(last.texts), y(last.accuracy)];
    let upper = curve.forecasts.iter().map(|forecast| [x(forecast.texts), y(forecast.interval.high)]);
    let lower = curve.forecasts.iter().rev().map(|forecast| [x(forecast.texts), y(forecast.interval.low)]);
    let middle = curve.forecasts.iter().map(|forecast| [x(forecast.texts), y(forecast.accuracy)]);
    let measured = curve.points.iter().map(|point| {
        let said = format!("{}: {} %", counted(point.texts, "text"), percent(point.accuracy));
        (x(point.texts), y(point.accuracy), said)
    });
    let steps = ((high - low) * 10.0).round() as usize;
    let tick = |step: usize| low + step as f64 / 10.0;
    let backtest = |Backtest { forecast, interval: Interval { low, high }, measured }: Backtest| BacktestView {
        x: x(last.texts),
        low: y(low),
        high: y(high),
        said: format!(
            "Test of the forecast: from at most half of the texts, {} % ({} to {}) was forecast for {}; measured is {} %.",
            percent(forecast),
            percent(low),
            percent(high),
            counted(last.texts, "text"),
            percent(measured)
        ),
    };
    let labelled = [first.texts, last.texts].into_iter().chain(curve.forecasts.iter().map(|forecast| forecast.texts));
    Some(CurveView {
        model: curve.model.clone(),
        scored: if curve.scored.is_empty() { String::new() } else { format!(" on {}", curve.scored) },
        line: polyline(curve.points.iter().map(|point| [x(point.texts), y(point.accuracy)])),
        band: polyline(std::iter::once(start).chain(upper).chain(lower)),
        middle: polyline(std::iter::once(start).chain(middle)),
        points: measured.collect(),
        ticks: (0..=steps).map(|step| (format!("{:.0}", 100.0 * tick(step)), y(tick(step)))).collect(),
        texts: labelled.map(|texts| (thousands(texts), x(texts))).collect(),
        backtest: curve.backtest.map(backtest),
        width: WIDTH,
        height: HEIGHT,
    })
}

fn protocol(record: &DiagnosisRecord) -> Vec<String> {
    let Diagnosis { texts, probes, .. } = &record.diagnosis;
    let of = |looked: usize, total: usize| match looked == total {
        true => thousands(total),
        false => format!("{} of {}", thousands(looked), thousands(total)),
    };
    let probe = |probe: &ninefold_diagnose::ProbeScore| {
        let test = probe.test.map_or(String::new(), |test| format!(", test {} %", percent(test)));
        let mark = if probe.is_reference { " (reference)" } else { "" };
        format!("{}{mark}: held out {} %{test}", probe.name, percent(probe.held_out))
    };
    let mut lines = vec![format!(
        "{} training and validation texts, {} test texts, {}; {} s",
        of(texts.learned, texts.learned_total),
        of(texts.test, texts.test_total),
        counted(texts.classes, "class"),
        seconds(record.seconds)
    )];
    lines.extend(probes.iter().map(probe));
    unbroken(&lines)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn page_shows_the_verdict_the_bar_the_curve_and_both_labels() {
        let page = diagnosis_page(&sample::diagnosis()).unwrap();
        assert!(page.contains("The limit at 72.0\u{a0}% is the data"), "{page}");
        assert_eq!(page.matches("<rect class=\"cause-").count(), 1 + 4 + 5, "parts of the bar and their keys: {page}");
        for shown in ["sci.space", "sci.med", "twice the training texts", "forecast for 800 texts", "not judged"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
    }

    #[test]
    fn parts_of_the_bar_fill_it_even_where_a_share_is_negative() {
        let budget = sample::diagnosis().diagnosis.budget.unwrap();
        let view = budget_view(&budget);
        let width: f64 = view.parts.iter().map(|part| part.width).sum();
        assert!((width - BAR).abs() < 1e-9, "{width}");
    }

    #[test]
    fn numbers_in_the_bar_are_those_of_the_table() {
        let budget = sample::diagnosis().diagnosis.budget.unwrap();
        let view = budget_view(&budget);
        let largest = view.parts.iter().find(|part| part.class == class(Cause::OtherModelRight)).unwrap();
        assert_eq!((largest.text.as_str(), view.has_negative), ("12.3", true));
    }

    #[test]
    fn diagnosis_without_evidence_has_a_page() {
        let page = diagnosis_page(&DiagnosisRecord::default()).unwrap();
        assert!(!page.contains("<h2>Remedies"), "{page}");
    }
}
