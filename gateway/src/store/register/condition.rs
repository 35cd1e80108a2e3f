//! A query as the condition of a statement, the same for both databases.
//!
//! Only conditions that are given are in the text, so that each combination has the plan that fits it. What cannot be told
//! apart from a client's word is bound, never written.

/// Adds the conditions of a scope.
macro_rules! push_scope {
    ($statement:expr, $scope:expr) => {{
        if let Some(agency) = &$scope.agency {
            $statement.push(" AND agency = ").push_bind(agency.as_str().to_owned());
        }
        if let Some(track) = $scope.track {
            // As a number in the text: an index over the one track alone is used only then.
            $statement.push(" AND track = ").push(track.number());
        }
    }};
}
pub(super) use push_scope;

/// Adds the conditions of a query, its order and limit.
macro_rules! push_query {
    ($statement:expr, $query:expr) => {{
        let query = $query;
        push_scope!($statement, &query.scope);
        if let Some(agency) = &query.agency {
            $statement.push(" AND agency = ").push_bind(agency.as_str().to_owned());
        }
        for (column, key) in [("officer", query.officer), ("subject", query.subject)] {
            if let Some(key) = key {
                $statement.push(" AND ").push(column).push(" = ").push_bind(key);
            }
        }
        if !query.cases.is_empty() {
            $statement.push(" AND case_key IN (");
            let mut keys = $statement.separated(", ");
            for key in &query.cases {
                keys.push_bind(*key);
            }
            $statement.push(")");
        }
        for (column, text) in [("registry", &query.registry), ("code", &query.code)] {
            if let Some(text) = text {
                $statement.push(" AND ").push(column).push(" = ").push_bind(text.clone());
            }
        }
        if let Some(ending) = query.ending {
            $statement.push(" AND outcome = ").push(ending.number());
        }
        if let Some(from) = query.from {
            $statement.push(" AND at >= ").push_bind(from.0);
        }
        if let Some(to) = query.to {
            $statement.push(" AND at < ").push_bind(to.0);
        }
        if let Some((at, place)) = query.after {
            $statement.push(" AND (at, place) < (").push_bind(at.0).push(", ").push_bind(place.0).push(")");
        }
        $statement.push(" ORDER BY at DESC, place DESC LIMIT ").push(query.limit);
    }};
}
pub(super) use push_query;
