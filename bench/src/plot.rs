//! Plots as SVG, plain enough to be read in a repository.

use std::fmt::Write as _;

use crate::figure::Spread;

const WIDTH: f64 = 840.0;
/// Room for the longest name in a wide sans-serif.
const NAMES: f64 = 330.0;
const ROW: f64 = 26.0;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Horizontal bars of medians, with a line from least to most.
pub(crate) fn bars(title: &str, unit: &str, rows: &[(String, Spread)]) -> String {
    let most = rows.iter().map(|(_, spread)| spread.most).fold(f64::MIN_POSITIVE, f64::max);
    let scale = (WIDTH - NAMES - 110.0) / most;
    let height = 46.0 + ROW * rows.len() as f64;
    let mut svg = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"10\" y=\"22\" font-weight=\"bold\">{}</text>\n",
        escaped(title)
    );
    for (at, (name, spread)) in rows.iter().enumerate() {
        let y = 36.0 + ROW * at as f64;
        let fill = if name.starts_with("Negiz") { "#1b6ca8" } else { "#9aa5b1" };
        let (length, low, high) = (spread.median * scale, spread.least * scale, spread.most * scale);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{NAMES}\" y=\"{y}\" width=\"{length:.1}\" height=\"18\" fill=\"{fill}\"/>\
             <line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{}\" y2=\"{}\" stroke=\"#222\"/>\
             <text x=\"{:.1}\" y=\"{}\">{} {}</text>",
            NAMES - 8.0,
            y + 14.0,
            escaped(name),
            NAMES + low,
            NAMES + high,
            y + 9.0,
            y + 9.0,
            NAMES + high + 6.0,
            y + 14.0,
            if spread.median < 10.0 {
                format!("{:.2}", spread.median)
            } else {
                format!("{:.0}", spread.median)
            },
            escaped(unit),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_a_bar_for_each_row() {
        let spread = Spread { least: 90.0, median: 100.0, most: 120.0, repeats: 5 };
        let svg = bars("CPU <a>", "µs", &[("Negiz".to_owned(), spread), ("x & y".to_owned(), spread)]);
        assert_eq!(svg.matches("<rect x=").count(), 2);
        assert!(svg.contains("x &amp; y") && svg.contains("CPU &lt;a&gt;") && svg.ends_with("</svg>\n"));
    }
}
