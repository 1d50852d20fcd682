//! Holds the walls of the house: which room of `src/` may import which.
//!
//! In: the files under `src/` as text, the dependency names of `Cargo.toml`, and
//! the table in the module doc of `src/lib.rs`. Out: one line a breach, with
//! file, line, what was found and the rule it breaks.
//!
//! What holds: the table below ([`ROOMS`]) equals the one in `src/lib.rs`; a room
//! imports only what its row allows; `diesel` stays in `store/` and `actix` at the
//! edge; `solver/`, `engine/` and `domain/` read no clock, no environment and no
//! chance, do no input or output, and use no container whose order is random;
//! every file opens with a module doc. Comments, strings and test modules may say
//! anything.
//!
//! Deliberately absent: types and macro expansion. The check reads tokens, so what
//! it cannot follow (`#[path]`, `include!`, `extern crate`, a glob or an alias of
//! the crate's root) is forbidden instead.
//!
//! Cost: linear in the size of `src/`.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

/// One row of the table: a room and what it may import.
struct Room {
    /// As the table writes it: a folder with its slash, or a file.
    name: &'static str,
    /// The rooms of this crate it may import, besides itself.
    may_import: Allowed,
    /// The dependencies it may name, where the row limits them.
    crates: Option<&'static [&'static str]>,
    /// True where the room must be a function of its arguments.
    pure: bool,
}

/// What a row allows.
enum Allowed {
    /// Every room of the crate.
    Everything,
    /// These rooms only.
    Only(&'static [&'static str]),
}

/// The table. Change it here and in `src/lib.rs` together, with the reason.
const ROOMS: &[Room] = &[
    Room { name: "main.rs", may_import: Allowed::Everything, crates: None, pure: false },
    Room { name: "cli/", may_import: Allowed::Everything, crates: None, pure: false },
    Room { name: "lib.rs", may_import: Allowed::Only(&[]), crates: None, pure: false },
    // Settings fill in the policy a run goes by, which is a value of the domain and part
    // of every snapshot; a copy of it here would be the same noun twice.
    Room {
        name: "settings.rs",
        may_import: Allowed::Only(&["domain"]),
        crates: Some(&["chrono", "chrono_tz", "config", "ipnet", "secrecy", "serde", "thiserror"]),
        pure: false,
    },
    Room {
        name: "domain/",
        may_import: Allowed::Only(&[]),
        crates: Some(&["chrono", "chrono_tz", "serde", "thiserror", "uuid"]),
        pure: true,
    },
    Room { name: "solver/", may_import: Allowed::Only(&[]), crates: None, pure: true },
    Room { name: "engine/", may_import: Allowed::Only(&["domain", "solver"]), crates: None, pure: true },
    // Anybody may try the solver on a file, without a rep, an account or a database; what is
    // read and written there is a contract of its own, so the engine and the store stay out.
    Room {
        name: "exchange/",
        may_import: Allowed::Only(&["solver"]),
        crates: Some(&["serde", "serde_json", "thiserror"]),
        pure: true,
    },
    Room { name: "routing/", may_import: Allowed::Only(&["domain", "settings"]), crates: None, pure: false },
    // What goes to other systems and comes from them is no more the store's than travel times are, and the app that
    // decides what is sent need not know how an address is looked up.
    Room { name: "delivery/", may_import: Allowed::Only(&["domain", "settings"]), crates: None, pure: false },
    Room { name: "store/", may_import: Allowed::Only(&["domain", "settings"]), crates: None, pure: false },
    Room {
        name: "app/",
        may_import: Allowed::Only(&["domain", "engine", "routing", "delivery", "store", "settings"]),
        crates: None,
        pure: false,
    },
    Room { name: "api/", may_import: Allowed::Only(&["app", "domain", "settings"]), crates: None, pure: false },
    Room { name: "board/", may_import: Allowed::Only(&["api", "app", "domain"]), crates: None, pure: false },
];

/// The only room that may name these: it alone knows how a thing is kept.
const DATABASE_CRATES: &[&str] = &["diesel", "diesel_migrations", "libsqlite3_sys", "pq_sys"];

/// The rooms in which time is the transaction's: replicas whose clocks differ decide alike, and one whose clock is wrong
/// runs no night at the wrong time.
const BY_THE_DATABASES_CLOCK: &[&str] = &["store/", "app/"];

/// The clocks of the process.
const WALL_CLOCKS: &[&str] = &["Utc", "Local", "SystemTime"];

/// Names that no pure room may use, with what each would let in.
const IMPURE_NAMES: &[(&str, &str)] = &[
    ("HashMap", "a container whose order is random; use BTreeMap"),
    ("HashSet", "a container whose order is random; use BTreeSet"),
    ("RandomState", "a container whose order is random"),
    ("Instant", "a clock; the time is an argument"),
    ("SystemTime", "a clock; the time is an argument"),
    ("now_v6", "a clock; the id is an argument"),
    ("now_v7", "a clock; the id is an argument"),
    ("new_v4", "unseeded randomness; the id is an argument"),
    ("thread_rng", "unseeded randomness"),
    ("ThreadRng", "unseeded randomness"),
    ("OsRng", "unseeded randomness"),
    ("from_os_rng", "unseeded randomness"),
    ("from_entropy", "unseeded randomness"),
    ("getrandom", "unseeded randomness"),
];

/// Paths that no pure room may take: the first name and the one after it.
const IMPURE_PATHS: &[(&str, &str, &str)] = &[
    ("Utc", "now", "a clock; the time is an argument"),
    ("Local", "now", "a clock; the time is an argument"),
    ("rand", "rng", "unseeded randomness"),
    ("rand", "random", "unseeded randomness"),
    ("rand", "random_range", "unseeded randomness"),
    ("rand", "random_bool", "unseeded randomness"),
    ("std", "env", "the environment; settings are an argument"),
    ("env", "var", "the environment; settings are an argument"),
    ("env", "var_os", "the environment; settings are an argument"),
    ("env", "vars", "the environment; settings are an argument"),
    ("env", "args", "the environment; settings are an argument"),
    ("std", "fs", "input and output"),
    ("std", "net", "input and output"),
    ("std", "process", "input and output"),
];

/// One breach of one rule at one line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Breach {
    file: String,
    line: usize,
    found: String,
    rule: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "src/{}:{}: `{}`: {}", self.file, self.line, self.found, self.rule)
    }
}

// --- reading Rust as tokens ---------------------------------------------------

/// A name, a number or a mark, and the line it stands on. `::` is one mark.
#[derive(Clone, Debug)]
struct Token {
    line: usize,
    text: String,
}

impl Token {
    fn is(&self, text: &str) -> bool {
        self.text == text
    }

    fn is_name(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_')
    }
}

/// Splits Rust into tokens; comments, strings, characters and lifetimes are left out.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut found = Vec::new();
    let (mut index, mut line) = (0, 1);
    while index < chars.len() {
        let start = index;
        let first = at(index);
        let mut kept = None;
        if first == '/' && at(index + 1) == '/' {
            while index < chars.len() && at(index) != '\n' {
                index += 1;
            }
        } else if first == '/' && at(index + 1) == '*' {
            index = after_block_comment(&chars, index);
        } else if first == '"' {
            index = after_string(&chars, index);
        } else if first == '\'' {
            index = after_quote(&chars, index);
        } else if let Some(end) = after_prefixed_string(&chars, index) {
            index = end;
        } else if first.is_alphanumeric() || first == '_' {
            // A raw name, `r#type`, is the name without its mark.
            if first == 'r' && at(index + 1) == '#' {
                index += 2;
            }
            let name = index;
            while at(index).is_alphanumeric() || at(index) == '_' {
                index += 1;
            }
            kept = Some(chars[name..index].iter().collect());
        } else if first == ':' && at(index + 1) == ':' {
            index += 2;
            kept = Some("::".to_owned());
        } else {
            index += 1;
            if !first.is_whitespace() {
                kept = Some(first.to_string());
            }
        }
        if let Some(text) = kept {
            found.push(Token { line, text });
        }
        line += chars[start..index.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    found
}

/// The index after a block comment, which may hold others.
fn after_block_comment(chars: &[char], start: usize) -> usize {
    let (mut index, mut depth) = (start, 0usize);
    while index < chars.len() {
        match (chars[index], chars.get(index + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                index += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                index += 2;
                if depth == 0 {
                    return index;
                }
            }
            _ => index += 1,
        }
    }
    index
}

/// The index after a string that opens at `start` and may hold escapes.
fn after_string(chars: &[char], start: usize) -> usize {
    let mut index = start + 1;
    while index < chars.len() {
        match chars[index] {
            '\\' => index += 2,
            '"' => return index + 1,
            _ => index += 1,
        }
    }
    chars.len()
}

/// The index after a character literal or a lifetime.
fn after_quote(chars: &[char], start: usize) -> usize {
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    if at(start + 1) == '\\' {
        let mut index = start + 3;
        while index < chars.len() && at(index) != '\'' {
            index += 1;
        }
        return index + 1;
    }
    if at(start + 2) == '\'' {
        return start + 3;
    }
    let mut index = start + 1;
    while at(index).is_alphanumeric() || at(index) == '_' {
        index += 1;
    }
    index
}

/// The index after a raw, byte or C string, or a byte character, if one opens at `start`.
fn after_prefixed_string(chars: &[char], start: usize) -> Option<usize> {
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    if start > 0 && (at(start - 1).is_alphanumeric() || at(start - 1) == '_') {
        return None;
    }
    let prefix: String = chars[start..].iter().take_while(|c| "bcr".contains(**c)).collect();
    let mut index = start + prefix.len();
    match prefix.as_str() {
        "b" if at(index) == '\'' => Some(after_quote(chars, index)),
        "b" | "c" if at(index) == '"' => Some(after_string(chars, index)),
        "r" | "br" | "cr" => {
            let mut hashes = 0;
            while at(index) == '#' {
                hashes += 1;
                index += 1;
            }
            if at(index) != '"' {
                return None;
            }
            index += 1;
            while index < chars.len() {
                if at(index) == '"' && (1..=hashes).all(|past| at(index + past) == '#') {
                    return Some(index + 1 + hashes);
                }
                index += 1;
            }
            Some(index)
        }
        _ => None,
    }
}

/// The index after the group that opens at `open`, or the end.
fn after_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// The tokens without items that only tests compile, and the names of the test
/// modules that stand in files of their own.
fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    let mut kept = Vec::new();
    let mut test_modules = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let inner = tokens.get(index + 1).is_some_and(|token| token.is("!"));
        let open = index + 1 + usize::from(inner);
        let attribute = tokens[index].is("#") && tokens.get(open).is_some_and(|token| token.is("["));
        if !attribute {
            kept.push(tokens[index].clone());
            index += 1;
            continue;
        }
        let end = after_group(tokens, open);
        if !is_test_only(&tokens[open..end]) {
            kept.extend_from_slice(&tokens[index..end]);
            index = end;
            continue;
        }
        if inner {
            // `#![cfg(test)]`: nothing of the file is left.
            return (Vec::new(), test_modules);
        }
        index = end;
        while index < tokens.len() && tokens[index].is("#") {
            index = after_group(tokens, index + 1);
        }
        let item = index;
        while index < tokens.len() {
            match tokens[index].text.as_str() {
                ";" => {
                    index += 1;
                    break;
                }
                "{" => {
                    index = after_group(tokens, index);
                    break;
                }
                "(" | "[" => index = after_group(tokens, index),
                _ => index += 1,
            }
        }
        if let [.., module, name, end] = &tokens[item..index]
            && module.is("mod")
            && end.is(";")
        {
            test_modules.push(name.text.clone());
        }
    }
    (kept, test_modules)
}

/// True for `[cfg(test)]` and `[cfg(all(test, …))]`.
fn is_test_only(attribute: &[Token]) -> bool {
    let starts = |expected: &[&str]| {
        attribute.len() > expected.len() && attribute.iter().zip(expected).all(|(token, text)| token.is(text))
    };
    starts(&["[", "cfg", "(", "test", ")"]) || starts(&["[", "cfg", "(", "all", "(", "test"])
}

/// A path as written, where it stands, and the module it stands in.
#[derive(Debug)]
struct PathUse {
    line: usize,
    names: Vec<String>,
    module: Vec<String>,
}

/// Every path of a file: each leaf of each `use`, and each path in the code.
fn paths(tokens: &[Token], file_module: &[String]) -> Vec<PathUse> {
    let mut found = Vec::new();
    let mut inline: Vec<(usize, String)> = Vec::new();
    let (mut index, mut depth) = (0, 0usize);
    let text_at = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
    while index < tokens.len() {
        let token = &tokens[index];
        let module = || -> Vec<String> {
            file_module.iter().cloned().chain(inline.iter().map(|(_, name)| name.clone())).collect()
        };
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last().is_some_and(|(opened, _)| *opened == depth) {
                    inline.pop();
                }
            }
            "mod" if text_at(index + 2) == "{" => {
                inline.push((depth, text_at(index + 1).to_owned()));
            }
            // `use<'a>` in a bound is not an import.
            "use" if text_at(index + 1) != "<" => {
                let module = module();
                let mut leaves = Vec::new();
                index = read_use_tree(tokens, index + 1, &[], &mut leaves);
                found.extend(leaves.into_iter().map(|(line, names)| PathUse { line, names, module: module.clone() }));
                continue;
            }
            _ if token.is_name() && text_at(index + 1) == "::" && is_head(tokens, index) => {
                let mut names = vec![token.text.clone()];
                let mut next = index + 1;
                while text_at(next) == "::" && tokens.get(next + 1).is_some_and(Token::is_name) {
                    names.push(text_at(next + 1).to_owned());
                    next += 2;
                }
                found.push(PathUse { line: token.line, names, module: module() });
            }
            _ => {}
        }
        index += 1;
    }
    found
}

/// True where the name at `index` opens a path rather than going on with one.
fn is_head(tokens: &[Token], index: usize) -> bool {
    if index == 0 || !tokens[index - 1].is("::") {
        return true;
    }
    index < 2 || !(tokens[index - 2].is_name() || tokens[index - 2].is(">"))
}

/// Reads one tree of a `use` from `index`; returns the index after it.
fn read_use_tree(
    tokens: &[Token],
    mut index: usize,
    prefix: &[String],
    leaves: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let text_at = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
    let line = tokens.get(index).map_or(0, |token| token.line);
    let mut names = prefix.to_vec();
    loop {
        match text_at(index) {
            "::" => index += 1,
            "{" => {
                index += 1;
                while !matches!(text_at(index), "}" | "") {
                    index = read_use_tree(tokens, index, &names, leaves);
                    if text_at(index) == "," {
                        index += 1;
                    }
                }
                return index + 1;
            }
            "as" => {
                leaves.push((line, names));
                return index + 2;
            }
            "," | "}" | ";" | "" => {
                leaves.push((line, names));
                return index;
            }
            name => {
                names.push(name.to_owned());
                index += 1;
            }
        }
    }
}

/// Where a path leads.
enum Target {
    /// Into this crate: the full path from its root, empty for the root itself.
    Ours(Vec<String>),
    /// A name that is not of this crate by its spelling: a dependency or something local.
    Other(String),
}

fn target(path: &PathUse) -> Target {
    let mut rest = path.names.as_slice();
    let mut from = match rest.first().map(String::as_str) {
        Some("crate" | "account_swap") => {
            rest = &rest[1..];
            Vec::new()
        }
        Some("self" | "super") => path.module.clone(),
        Some(other) => return Target::Other(other.to_owned()),
        None => return Target::Ours(Vec::new()),
    };
    for name in rest {
        match name.as_str() {
            "super" => {
                from.pop();
            }
            "self" | "*" => {}
            name => from.push(name.to_owned()),
        }
    }
    Target::Ours(from)
}

// --- the rules ----------------------------------------------------------------

/// A file of the source tree.
struct Source {
    /// Its path below `src/`, with forward slashes.
    file: String,
    text: String,
}

impl Source {
    /// The module the file is, from the crate's root.
    fn module(&self) -> Vec<String> {
        let path = self.file.strip_suffix(".rs").unwrap_or(&self.file);
        let mut names: Vec<String> = path.split('/').map(str::to_owned).collect();
        if names.last().is_some_and(|last| last == "mod") {
            names.pop();
        }
        if names.len() == 1 && (names[0] == "lib" || names[0] == "main") {
            names.clear();
        }
        names
    }

    /// The row of the table the file falls under.
    fn room(&self) -> Option<&'static Room> {
        let first = self.file.split('/').next().unwrap_or_default();
        let folder = first.strip_suffix(".rs").unwrap_or(first);
        // A file may have a folder of the same name beside it.
        let name = |room: &Room| room.name.trim_end_matches('/').trim_end_matches(".rs");
        ROOMS.iter().find(|room| name(room) == folder)
    }
}

/// Checks every file against every rule.
fn breaches(sources: &[Source], dependencies: &BTreeSet<String>) -> Vec<Breach> {
    let mut test_modules: Vec<Vec<String>> = Vec::new();
    for source in sources {
        let (_, names) = without_tests(&tokens(&source.text));
        test_modules.extend(names.into_iter().map(|name| {
            let mut module = source.module();
            module.push(name);
            module
        }));
    }
    let mut found = Vec::new();
    for source in sources {
        found.extend(missing_doc(source));
        let module = source.module();
        if test_modules.iter().any(|tests| module.starts_with(tests)) {
            continue;
        }
        match source.room() {
            Some(room) => found.extend(breaches_in(source, room, dependencies)),
            None => found.push(Breach {
                file: source.file.clone(),
                line: 1,
                found: source.file.clone(),
                rule: "the file stands in no room of the table in src/lib.rs".to_owned(),
            }),
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The breach of a file that does not open with a module doc, if it does not.
fn missing_doc(source: &Source) -> Option<Breach> {
    let (index, first) = source.text.lines().enumerate().find(|(_, line)| !line.trim().is_empty()).unwrap_or((0, ""));
    let doc = first.strip_prefix("//!").is_some_and(|text| !text.trim().is_empty());
    (!doc).then(|| Breach {
        file: source.file.clone(),
        line: index + 1,
        found: first.trim().to_owned(),
        rule: "a module opens with its doc, `//! …`, in the first line".to_owned(),
    })
}

/// Every breach of a file in its room.
fn breaches_in(source: &Source, room: &Room, dependencies: &BTreeSet<String>) -> Vec<Breach> {
    let (tokens, _) = without_tests(&tokens(&source.text));
    let mut found = Vec::new();
    let mut breach = |line: usize, what: &str, rule: String| {
        found.push(Breach { file: source.file.clone(), line, found: what.to_owned(), rule });
    };

    for path in paths(&tokens, &source.module()) {
        let written = path.names.join("::");
        match target(&path) {
            Target::Ours(full) => {
                if let Some(rule) = refused_import(source, room, &full) {
                    breach(path.line, &written, rule);
                }
            }
            Target::Other(head) => {
                if let Some(crates) = room.crates
                    && dependencies.contains(&head)
                    && !crates.contains(&head.as_str())
                {
                    let list = crates.join(", ");
                    breach(path.line, &written, format!("of the dependencies, {} may use only {list}", room.name));
                }
            }
        }
        if BY_THE_DATABASES_CLOCK.contains(&room.name) {
            for pair in path.names.windows(2) {
                if matches!(pair, [clock, now] if WALL_CLOCKS.contains(&clock.as_str()) && now == "now") {
                    breach(path.line, &written, format!("{} goes by the database's clock", room.name));
                }
            }
        }
        if room.pure {
            for pair in path.names.windows(2) {
                for (first, second, what) in IMPURE_PATHS {
                    if pair[0] == *first && pair[1] == *second {
                        breach(path.line, &written, format!("{} is pure, and this is {what}", room.name));
                    }
                }
            }
        }
    }

    for (index, token) in tokens.iter().enumerate() {
        let text = token.text.as_str();
        let next = |past: usize| tokens.get(index + past).map_or("", |token| token.text.as_str());
        if DATABASE_CRATES.contains(&text) && room.name != "store/" {
            breach(token.line, text, "only store/ knows the database".to_owned());
        }
        let at_the_edge = matches!(room.name, "api/" | "board/") || source.file == "cli/serve.rs";
        if text.contains("actix") && !at_the_edge {
            breach(token.line, text, "only api/, board/ and cli/serve.rs know the web server".to_owned());
        }
        if room.pure
            && let Some((_, what)) = IMPURE_NAMES.iter().find(|(name, _)| *name == text)
        {
            breach(token.line, text, format!("{} is pure, and this is {what}", room.name));
        }
        let hidden = match text {
            "path" if index > 1 && tokens[index - 1].is("[") && tokens[index - 2].is("#") => "#[path]",
            "include" if next(1) == "!" => "include!",
            "extern" if next(1) == "crate" => "extern crate",
            _ => continue,
        };
        breach(token.line, hidden, "it goes round the table; name the module where it is".to_owned());
    }
    found
}

/// The rule that refuses an import of `full` to a file, if one does.
fn refused_import(source: &Source, room: &Room, full: &[String]) -> Option<String> {
    let allowed = match room.may_import {
        Allowed::Everything => return None,
        Allowed::Only(allowed) => allowed,
    };
    let Some(first) = full.first() else {
        return Some("the crate's root hides which room is meant; name the room".to_owned());
    };
    let own = source.module().first().is_some_and(|own| own == first);
    if own || allowed.contains(&first.as_str()) {
        return None;
    }
    Some(if allowed.is_empty() {
        format!("{} may import no other room", room.name)
    } else {
        format!("{} may import only {}", room.name, allowed.join(", "))
    })
}

// --- the source tree ----------------------------------------------------------

/// The words between backticks.
fn quoted(cell: &str) -> BTreeSet<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// What differs between [`ROOMS`] and the table in the doc of `src/lib.rs`.
fn differences_of_the_map(lib: &str) -> Vec<String> {
    let rows: Vec<Vec<&str>> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("//!")?.trim().strip_prefix('|')?.strip_suffix('|'))
        .map(|row| row.split('|').map(str::trim).collect())
        .filter(|cells: &Vec<&str>| cells.len() == 3 && cells[0].starts_with('`'))
        .collect();
    let mut found = Vec::new();
    for room in ROOMS {
        let Some(row) = rows.iter().find(|cells| quoted(cells[0]).contains(room.name)) else {
            found.push(format!("src/lib.rs: the table has no row for `{}`", room.name));
            continue;
        };
        match room.may_import {
            Allowed::Everything if row[2].starts_with("everything") => {}
            Allowed::Everything => {
                found.push(format!("src/lib.rs: `{}` may import everything, the table says {}", room.name, row[2]));
            }
            Allowed::Only(allowed) => {
                let written: BTreeSet<&str> =
                    quoted(row[2]).into_iter().map(|name| name.trim_end_matches('/').trim_end_matches(".rs")).collect();
                let expected: BTreeSet<&str> = allowed.iter().copied().collect();
                if written != expected || row[2].starts_with("everything") {
                    found.push(format!(
                        "src/lib.rs: `{}` may import {expected:?}, the table says {}",
                        room.name, row[2]
                    ));
                }
            }
        }
    }
    for name in rows.iter().flat_map(|cells| quoted(cells[0])) {
        if !ROOMS.iter().any(|room| room.name == name) {
            found.push(format!("src/lib.rs: the table has a row for `{name}`, tests/layers.rs has none"));
        }
    }
    found
}

/// The dependencies of a `Cargo.toml`, as code spells them.
fn dependencies_of(manifest: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut listed = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            listed = section == "dependencies" || section.ends_with(".dependencies");
            if let Some(name) = section.strip_prefix("dependencies.") {
                found.insert(name.replace('-', "_"));
            }
        } else if listed && let Some((name, _)) = line.split_once('=') {
            let name = name.trim().trim_matches('"');
            found.insert(name.split('.').next().unwrap_or(name).replace('-', "_"));
        }
    }
    found
}

/// Every Rust file below `folder`, by name.
fn read_sources(folder: &Path, below: &str, into: &mut Vec<Source>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder entry can be read").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
        if path.is_dir() {
            read_sources(&path, &format!("{below}{name}/"), into);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            into.push(Source { file: format!("{below}{name}"), text });
        }
    }
}

fn package(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_house_keeps_its_walls() {
    let mut sources = Vec::new();
    read_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    assert!(sources.iter().any(|source| source.file == "lib.rs"), "src/lib.rs was not read");
    let found = breaches(&sources, &dependencies_of(&package("Cargo.toml")));
    let lines: Vec<String> = found.iter().map(Breach::to_string).collect();
    assert!(lines.is_empty(), "{} breaches:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn the_map_in_lib_rs_holds_the_same_table() {
    let found = differences_of_the_map(&package("src/lib.rs"));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

// --- the checker itself -------------------------------------------------------

/// The breaches of one file with this text, its doc aside, as `line: found`.
fn seen(file: &str, text: &str) -> Vec<String> {
    let source = Source { file: file.to_owned(), text: format!("//! Doc.\n{text}") };
    let dependencies = ["chrono", "diesel", "serde", "utoipa", "actix_web", "rand", "uuid"];
    breaches(&[source], &dependencies.map(str::to_owned).into())
        .into_iter()
        .map(|breach| format!("{}: {}", breach.line - 1, breach.found))
        .collect()
}

#[track_caller]
fn refuses(file: &str, text: &str, expected: &[&str]) {
    assert_eq!(seen(file, text), expected, "{file}: {text}");
}

#[track_caller]
fn allows(file: &str, text: &str) {
    refuses(file, text, &[]);
}

#[test]
fn an_import_of_a_forbidden_room_is_seen() {
    refuses("engine/score.rs", "use crate::store::Store;", &["1: crate::store::Store"]);
    refuses("engine/score.rs", "\nfn f() { account_swap::app::run() }", &["2: account_swap::app::run"]);
    refuses("solver/graph.rs", "use crate::domain::ids::RepId;", &["1: crate::domain::ids::RepId"]);
    refuses("api/reps.rs", "use crate::store::Store;", &["1: crate::store::Store"]);
    refuses("settings.rs", "use crate::engine::plan;", &["1: crate::engine::plan"]);
    refuses("lib.rs", "pub use crate::app::run;", &["1: crate::app::run"]);
    refuses("store/mod.rs", "pub(in crate::app) fn f() {}", &["1: crate::app"]);
}

#[test]
fn an_import_hidden_in_a_tree_is_seen_with_its_own_line() {
    refuses(
        "app/run.rs",
        "use crate::{\n  domain::{ids::RepId, units as u},\n  api::{self, problem::Problem},\n};",
        &["3: crate::api::problem::Problem", "3: crate::api::self"],
    );
}

#[test]
fn an_escape_through_super_is_seen() {
    refuses("engine/score.rs", "use super::super::store;", &["1: super::super::store"]);
    refuses("engine/mod.rs", "fn f() { super::app::run() }", &["1: super::app::run"]);
    refuses(
        "engine/score.rs",
        "mod inner { use super::super::super::store::x; }",
        &["1: super::super::super::store::x"],
    );
    allows("engine/score.rs", "mod inner { use super::super::market::Market; }\nuse super::market::Market;");
}

#[test]
fn the_root_of_the_crate_names_no_room() {
    refuses("engine/score.rs", "use crate::*;", &["1: crate::*"]);
    refuses("engine/score.rs", "use super::super as root;", &["1: super::super"]);
    refuses("engine/score.rs", "use {crate as root};", &["1: crate"]);
    refuses("engine/score.rs", "extern crate self as root;", &["1: extern crate"]);
    refuses("engine/score.rs", "#[path = \"../store/mod.rs\"]\nmod store;", &["1: #[path]"]);
    refuses("engine/score.rs", "include!(\"../store/mod.rs\");", &["1: include!"]);
}

#[test]
fn what_a_row_allows_is_not_a_breach() {
    allows("engine/score.rs", "use crate::domain::units::Minutes;\nuse crate::solver::graph;\nuse super::market;");
    allows("api/reps.rs", "use crate::{app, domain::ids::RepId, settings::Settings};\nuse actix_web::get;");
    allows("store/reps.rs", "use diesel::prelude::*;\nuse crate::domain::ids::RepId;");
    allows("cli/serve.rs", "use account_swap::{api, store};\nuse actix_web::HttpServer;");
    allows("main.rs", "use account_swap::cli;");
    allows("domain/ids.rs", "use serde::Serialize;\nuse self::inner::Id;\nfn f(t: chrono::NaiveDateTime) {}");
    allows("engine/score.rs", "fn f<'a>(x: &'a str) -> impl Sized + use<'a> { x }");
    allows("engine/score.rs", "const DATA: &str = include_str!(\"x\"); const V: &str = env!(\"CARGO_PKG_VERSION\");");
}

#[test]
fn comments_strings_and_tests_may_say_anything() {
    allows("engine/score.rs", "/// [`crate::store::Store`] and std::time::Instant\nfn f() {}\n// use diesel::x;");
    allows("engine/score.rs", "/* use crate::store; /* HashMap */ Instant */ const A: &str = \"crate::store::x\";");
    allows("engine/score.rs", "const A: &str = r#\"a \" crate::store::x\"#; const B: &[u8] = b\"HashMap\";");
    allows("engine/score.rs", "fn f() -> char { '\"' }\nfn g() -> [char; 2] { ['\\'', '\\\\'] }\n// HashMap \"");
    allows("engine/score.rs", "#[cfg(test)]\nmod tests {\n use std::collections::HashMap;\n use crate::store::x;\n}");
    allows("engine/score.rs", "#[cfg(test)]\n#[allow(dead_code)]\nuse crate::store::{a, b};\nfn f() {}");
    refuses(
        "engine/score.rs",
        "#[cfg(test)]\nmod tests { fn f() { [0; 2]; } }\nuse crate::store::x;",
        &["3: crate::store::x"],
    );
    refuses("engine/score.rs", "#[cfg(not(test))]\nuse crate::store::x;", &["2: crate::store::x"]);
    refuses("engine/score.rs", "const A: &str = \"line\nline\";\nuse crate::store::x;", &["3: crate::store::x"]);
}

#[test]
fn a_test_module_in_its_own_file_is_a_test_and_its_neighbour_is_not() {
    let source = |file: &str, text: &str| Source { file: file.to_owned(), text: format!("//! Doc.\n{text}") };
    let found = breaches(
        &[
            source("engine/mod.rs", "#[cfg(test)]\nmod stories;\nmod score;"),
            source("engine/stories.rs", "use crate::store::Store;"),
            source("engine/score.rs", "use crate::store::Store;"),
        ],
        &BTreeSet::new(),
    );
    let files: Vec<&str> = found.iter().map(|breach| breach.file.as_str()).collect();
    assert_eq!(files, ["engine/score.rs"]);
}

#[test]
fn diesel_outside_the_store_and_actix_inside_are_seen() {
    refuses("app/run.rs", "use diesel::Connection;", &["1: diesel"]);
    refuses("api/reps.rs", "#[derive(diesel::Queryable)]\nstruct Row;", &["1: diesel"]);
    refuses("app/run.rs", "fn f() { ::actix_web::rt::spawn(x) }", &["1: actix_web"]);
    refuses("cli/mod.rs", "#[actix_web::main]\nasync fn main() {}", &["1: actix_web"]);
    refuses("store/mod.rs", "use tracing_actix_web::RequestId;", &["1: tracing_actix_web"]);
}

#[test]
fn a_clock_an_environment_and_chance_are_seen_in_pure_rooms_only() {
    refuses("engine/plan.rs", "use std::time::{Duration, Instant};", &["1: Instant"]);
    refuses("domain/ids.rs", "fn f() { chrono::Utc::now() }", &["1: chrono::Utc::now"]);
    refuses("domain/ids.rs", "fn f() { uuid::Uuid::now_v7() }", &["1: now_v7"]);
    refuses("solver/rings.rs", "use std::env;\nfn f() { env::var(\"X\") }", &["1: std::env", "2: env::var"]);
    refuses("solver/rings.rs", "fn f() { rand::rng() }\nuse rand::random;", &["1: rand::rng", "2: rand::random"]);
    refuses("solver/rings.rs", "use std::collections::{BTreeMap, HashMap};", &["1: HashMap"]);
    refuses("engine/plan.rs", "use std::fs::File;", &["1: std::fs::File"]);
    allows("engine/plan.rs", "use std::time::Duration;\nuse std::collections::BTreeMap;");
    allows("app/run.rs", "use std::time::Instant;\nuse std::collections::HashMap;\nfn f() { uuid::Uuid::new_v4() }");
    allows("routing/osrm.rs", "fn f() { chrono::Utc::now() }");
    refuses("app/run.rs", "fn f() { chrono::Utc::now() }", &["1: chrono::Utc::now"]);
    refuses("store/runs.rs", "fn f() { std::time::SystemTime::now() }", &["1: std::time::SystemTime::now"]);
}

#[test]
fn a_dependency_the_domain_may_not_name_is_seen() {
    refuses("domain/ids.rs", "#[derive(utoipa::ToSchema)]\nstruct Id;", &["1: utoipa::ToSchema"]);
    refuses("domain/ids.rs", "use rand::Rng;", &["1: rand::Rng"]);
    allows("engine/plan.rs", "use rand::SeedableRng;");
}

#[test]
fn a_file_without_a_doc_or_without_a_room_is_seen() {
    let source = Source { file: "engine/plan.rs".to_owned(), text: "\nuse super::market;\n".to_owned() };
    let found = breaches(&[source], &BTreeSet::new());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].found.as_str()), (2, "use super::market;"));
    refuses("helpers/mod.rs", "", &["0: helpers/mod.rs"]);
}

#[test]
fn a_breach_names_file_line_import_and_rule() {
    let source =
        Source { file: "engine/score.rs".to_owned(), text: "//! Doc.\n\nuse crate::store::Store;\n".to_owned() };
    let found = breaches(&[source], &BTreeSet::new());
    assert_eq!(
        found[0].to_string(),
        "src/engine/score.rs:3: `crate::store::Store`: engine/ may import only domain, solver"
    );
}

#[test]
fn a_map_that_differs_from_the_table_is_seen() {
    let mut rows = vec!["//! Map.".to_owned(), "//! | folder | what | may import |".to_owned()];
    for room in ROOMS {
        let cell = match room.may_import {
            Allowed::Everything => "everything below".to_owned(),
            Allowed::Only([]) => "nothing of ours".to_owned(),
            Allowed::Only(allowed) => format!("`{}`", allowed.join("`, `")),
        };
        rows.push(format!("//! | `{}` | something | {cell} |", room.name));
    }
    let map = rows.join("\n");
    assert_eq!(differences_of_the_map(&map), Vec::<String>::new());
    assert_eq!(differences_of_the_map(&map.replace("`domain`, `solver`", "`domain`")).len(), 1);
    assert_eq!(differences_of_the_map(&map.replace("`solver/`", "`sums/`")).len(), 2);
}

#[test]
fn the_manifest_gives_its_dependencies_as_code_spells_them() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\nactix-web = \"4\"\nserde = { version = \"1\" }\n\
                    [dependencies.chrono-tz]\nversion = \"1\"\n[dev-dependencies]\ninsta = \"1\"\n";
    let found: Vec<String> = dependencies_of(manifest).into_iter().collect();
    assert_eq!(found, ["actix_web", "chrono_tz", "serde"]);
}
