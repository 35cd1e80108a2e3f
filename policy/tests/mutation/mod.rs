//! Mutants of a rule: every way in which one part of it can be removed, weakened or mistaken.
//!
//! Rules are mutated in Cedar's JSON form, node by node. A mutant changes one node and nothing else.

#![allow(unreachable_pub, reason = "a module of a test program")]

use serde_json::{Value, json};

/// One mutant of a rule: what was done, and the rule as it then reads.
pub struct Mutant {
    pub what: String,
    pub rule: Value,
}

/// All mutants of a rule in JSON form.
pub fn mutants(rule: &Value) -> Vec<Mutant> {
    let mut found = Vec::new();
    let conditions = rule["conditions"].as_array().unwrap();
    for (index, condition) in conditions.iter().enumerate() {
        let kind = condition["kind"].as_str().unwrap();
        let mut without = conditions.clone();
        without.remove(index);
        found.push(Mutant { what: format!("{kind} removed"), rule: with_conditions(rule, without) });
        for (what, body) in boolean(&condition["body"]) {
            let mut changed = conditions.clone();
            changed[index]["body"] = body;
            found.push(Mutant { what: format!("{kind}: {what}"), rule: with_conditions(rule, changed) });
        }
    }
    found
}

fn with_conditions(rule: &Value, conditions: Vec<Value>) -> Value {
    let mut rule = rule.clone();
    rule["conditions"] = Value::Array(conditions);
    rule
}

/// Mutants of an expression that stands where a truth value is expected.
fn boolean(expr: &Value) -> Vec<(String, Value)> {
    let shown = show(expr);
    let mut found = vec![
        (format!("`{shown}` taken for true"), json!({"Value": true})),
        (format!("`{shown}` taken for false"), json!({"Value": false})),
        (format!("`{shown}` turned round"), json!({"!": {"arg": expr}})),
    ];
    let (op, args) = single(expr);
    match op {
        "&&" | "||" => {
            let other = if op == "&&" { "||" } else { "&&" };
            found.push((format!("`{shown}` joined by {other}"), json!({ other: args })));
            for side in ["left", "right"] {
                found.extend(inside(expr, op, side, boolean(&args[side])));
            }
        }
        "!" => found.extend(inside(expr, op, "arg", boolean(&args["arg"]))),
        "==" => found.push((format!("`{shown}` with !="), json!({"!=": args}))),
        "!=" => found.push((format!("`{shown}` with =="), json!({"==": args}))),
        "<" | "<=" | ">" | ">=" => {
            for other in ["<", "<=", ">", ">="].into_iter().filter(|other| *other != op) {
                found.push((format!("`{shown}` with {other}"), json!({ other: args })));
            }
            for side in ["left", "right"] {
                found.extend(inside(expr, op, side, number(&args[side])));
            }
        }
        "contains" => found.extend(inside(expr, op, "left", set(&args["left"]))),
        _ => {}
    }
    found
}

/// Mutants of a number: one more, one less, and the same within a difference.
fn number(expr: &Value) -> Vec<(String, Value)> {
    let (op, args) = single(expr);
    match (op, expr["Value"].as_i64()) {
        (_, Some(n)) => [n + 1, n - 1].map(|m| (format!("{n} as {m}"), json!({"Value": m}))).to_vec(),
        ("-", _) => {
            let swapped = json!({"-": {"left": args["right"], "right": args["left"]}});
            vec![(format!("`{}` the other way round", show(expr)), swapped)]
        }
        _ => Vec::new(),
    }
}

/// Mutants of a list written out: without each of its members.
fn set(expr: &Value) -> Vec<(String, Value)> {
    let Some(members) = expr["Set"].as_array() else { return Vec::new() };
    let without = |index: usize| {
        let mut fewer = members.clone();
        let gone = fewer.remove(index);
        (format!("{} left out", show(&gone)), json!({"Set": fewer}))
    };
    (0..members.len()).map(without).collect()
}

/// Mutants of one argument, put back into the expression.
fn inside(
    expr: &Value,
    op: &str,
    argument: &str,
    mutants: Vec<(String, Value)>,
) -> impl Iterator<Item = (String, Value)> {
    mutants.into_iter().map(move |(what, mutant)| {
        let mut whole = expr.clone();
        whole[op][argument] = mutant;
        (what, whole)
    })
}

fn single(expr: &Value) -> (&str, &Value) {
    let (op, args) = expr.as_object().unwrap().iter().next().unwrap();
    (op, args)
}

/// The expression, short enough for one line of a report.
fn show(expr: &Value) -> String {
    let (op, args) = single(expr);
    let text = match op {
        "Var" => args.as_str().unwrap().to_owned(),
        "Value" => match args.get("__entity") {
            Some(entity) => entity["id"].as_str().unwrap().to_owned(),
            None => args.to_string(),
        },
        "." => format!("{}.{}", show(&args["left"]), args["attr"].as_str().unwrap()),
        "has" => format!("{} has {}", show(&args["left"]), args["attr"].as_str().unwrap()),
        "Set" => format!("[{} members]", args.as_array().unwrap().len()),
        "contains" => format!("{}.contains({})", show(&args["left"]), show(&args["right"])),
        "!" => format!("!({})", show(&args["arg"])),
        _ => format!("{} {op} {}", show(&args["left"]), show(&args["right"])),
    };
    if text.chars().count() > 90 { text.chars().take(89).collect::<String>() + "…" } else { text }
}
