//! The Prometheus text format, version 0.0.4.

use std::fmt::Write as _;

use super::cell::{Counter, Gauge, Histogram};
use super::family::Family;

/// As the format names itself.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page under construction. Writing to a `String` cannot fail, so results of `write!` are dropped throughout.
#[derive(Default)]
pub(super) struct Page(pub(super) String);

impl Page {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// A metric without labels, read at this moment.
    pub(super) fn value(&mut self, name: &str, help: &str, kind: &str, value: f64) {
        self.head(name, help, kind);
        let _ = writeln!(self.0, "{name} {value}");
    }

    pub(super) fn counters(&mut self, family: &Family<Counter>) {
        self.head(family.name, family.help, "counter");
        for (values, cell) in family.all() {
            let labels = labels(family.labels, &values, None);
            let _ = writeln!(self.0, "{}{labels} {}", family.name, cell.get());
        }
    }

    pub(super) fn gauges(&mut self, family: &Family<Gauge>) {
        self.head(family.name, family.help, "gauge");
        for (values, cell) in family.all() {
            let labels = labels(family.labels, &values, None);
            let _ = writeln!(self.0, "{}{labels} {}", family.name, cell.get());
        }
    }

    /// `unit` is what an observation of 1 means in the metric's unit: 1e-6 for microseconds in a metric of seconds.
    pub(super) fn histograms(&mut self, family: &Family<Histogram>, unit: f64) {
        self.head(family.name, family.help, "histogram");
        for (values, cell) in family.all() {
            let reading = cell.read();
            for (bound, count) in &reading.below {
                let bound = scaled(*bound, unit).to_string();
                let labels = labels(family.labels, &values, Some(&bound));
                let _ = writeln!(self.0, "{}_bucket{labels} {count}", family.name);
            }
            let infinite = labels(family.labels, &values, Some("+Inf"));
            let plain = labels(family.labels, &values, None);
            let _ = writeln!(self.0, "{}_bucket{infinite} {}", family.name, reading.count);
            let _ = writeln!(self.0, "{}_sum{plain} {}", family.name, scaled(reading.sum, unit));
            let _ = writeln!(self.0, "{}_count{plain} {}", family.name, reading.count);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "53 bits of microseconds are 285 years")]
fn scaled(value: u64, unit: f64) -> f64 {
    // Dividing keeps 100 µs at 0.0001 where multiplying makes 0.00009999999999999999.
    value as f64 / unit.recip()
}

fn labels(names: &[&str], values: &[Box<str>], bound: Option<&str>) -> String {
    let mut text = String::new();
    let pairs = names.iter().copied().zip(values.iter().map(|value| &**value));
    for (name, value) in pairs.chain(bound.map(|bound| ("le", bound))) {
        text.push(if text.is_empty() { '{' } else { ',' });
        let _ = write!(text, "{name}=\"{}\"", escape(value));
    }
    if !text.is_empty() {
        text.push('}');
    }
    text
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_label_values() {
        let family = Family::new("n", "h", &["a"], Counter::default);
        family.with(&["a\"b\\c\nd"]).add(1);
        let mut page = Page::default();
        page.counters(&family);
        assert_eq!(page.0, "# HELP n h\n# TYPE n counter\nn{a=\"a\\\"b\\\\c\\nd\"} 1\n");
    }

    #[test]
    fn buckets_are_cumulative_and_in_seconds() {
        let family = Family::new("n", "h", &[], || Histogram::new(&[100, 1000]));
        for value in [50, 100, 500, 5000] {
            family.with(&[]).observe(value);
        }
        let mut page = Page::default();
        page.histograms(&family, 1e-6);
        let expected = "n_bucket{le=\"0.0001\"} 2\nn_bucket{le=\"0.001\"} 3\nn_bucket{le=\"+Inf\"} 4\nn_sum 0.00565\nn_count 4\n";
        assert!(page.0.ends_with(expected), "{}", page.0);
    }
}
