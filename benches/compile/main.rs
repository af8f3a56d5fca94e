//! How long the compiler takes for 200 annotated functions that are called, beside `cached`.
//!
//! A crate for each is written to `target/compile/`, built once with all that it depends on, and then compiled alone, in
//! turns, as a debug build. `cargo run -p stampede-benches --bin compile -- --bench --functions=N` takes another number.

use stampede_benches::{
    budget::{Budgets, ratio_and_spread},
    figures::{Figure, Line, Spread, Unit, record},
    groups::COMPILE,
    options::Options,
    table::{Table, time},
};
use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

/// A crate that is compiled.
struct Subject {
    name: &'static str,
    attribute: &'static str,
    imports: &'static str,
}

/// Who must not be faster.
const PEER: &str = "cached by_key";

const SUBJECTS: [Subject; 3] = [
    Subject { name: "stampede", attribute: "#[stampede(ttl = \"60s\")]", imports: "use stampede::stampede;" },
    Subject {
        name: PEER,
        attribute: "#[cached(ttl_secs = 60, sync_writes = \"by_key\")]",
        imports: "use cached::macros::cached;",
    },
    Subject { name: "no attribute", attribute: "", imports: "" },
];

fn main() -> ExitCode {
    let options = Options::from_args();
    if !options.measures() || !options.includes(COMPILE) {
        return ExitCode::SUCCESS;
    }
    let functions = env::args().find_map(|word| word.strip_prefix("--functions=")?.parse().ok());
    match measure(options.rounds(7).max(3), functions.unwrap_or(200)) {
        Ok(times) => {
            finish(times);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("compile: {error}");
            // 1 is for a budget that is not held.
            ExitCode::from(2)
        }
    }
}

/// Returns the nanoseconds of every round for each subject.
fn measure(rounds: usize, functions: usize) -> io::Result<Vec<Vec<f64>>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/compile");
    let crates = SUBJECTS.iter().map(|subject| write_crate(&root, subject, functions));
    let crates: Vec<PathBuf> = crates.collect::<io::Result<_>>()?;
    for path in &crates {
        build(path)?;
    }
    let mut times = vec![Vec::new(); SUBJECTS.len()];
    for _ in 0..rounds {
        for (path, times) in crates.iter().zip(&mut times) {
            // Its own code only: what it depends on is built.
            let source = path.join("src/main.rs");
            let text = fs::read_to_string(&source)?;
            fs::write(&source, text)?;
            let start = Instant::now();
            build(path)?;
            times.push(start.elapsed().as_secs_f64() * 1e9);
        }
    }
    Ok(times)
}

fn finish(times: Vec<Vec<f64>>) {
    let first = times.first().cloned().unwrap_or_default();
    let over_mine =
        |times: &[f64]| Spread::of(times.iter().zip(&first).map(|(time, mine)| time / mine).collect());
    let mut table = Table::new(["", "debug build", "middle half", "× stampede"]);
    let mut budgets = Budgets::new();
    for (subject, times) in SUBJECTS.iter().zip(times) {
        let (ratio, value) = (over_mine(&times), Spread::of(times));
        table.row([
            subject.name.to_owned(),
            time(value.median),
            format!("{} to {}", time(value.low), time(value.high)),
            ratio_and_spread(ratio),
        ]);
        if subject.name == PEER {
            let inverse = Spread { low: 1.0 / ratio.high, median: 1.0 / ratio.median, high: 1.0 / ratio.low };
            budgets.at_most(&format!("{COMPILE}: × {PEER}"), 1.0, Some(inverse));
        }
        record(&Line::Figure(Figure {
            group: COMPILE.to_owned(),
            subject: subject.name.to_owned(),
            unit: Unit::Nanos,
            value,
            ratio,
        }));
    }
    print!("\n{COMPILE}\n{table}");
    budgets.finish();
}

fn write_crate(root: &Path, subject: &Subject, functions: usize) -> io::Result<PathBuf> {
    let path = root.join(subject.name.replace(' ', "-"));
    fs::create_dir_all(path.join("src"))?;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // The versions of this workspace.
    fs::copy(workspace.join("Cargo.lock"), path.join("Cargo.lock"))?;
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         stampede-runtime = {{ path = \"{runtime}\" }}\ncached = {{ version = \"4.1\", features = [\"async\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\", \"time\"] }}\n",
        name = subject.name.replace(' ', "-"),
        runtime = workspace.join("stampede-runtime").display(),
    );
    fs::write(path.join("Cargo.toml"), manifest)?;
    fs::write(path.join("src/main.rs"), source(subject, functions))?;
    Ok(path)
}

/// Functions of one owned argument and a `Result`, as `cached` takes them without further options.
fn source(subject: &Subject, functions: usize) -> String {
    let mut text = format!("{}\n\n", subject.imports);
    for number in 0..functions {
        let _ = writeln!(
            text,
            "{attribute}\nasync fn f{number}(id: u64) -> Result<String, String> {{\n    \
             tokio::task::yield_now().await;\n    if id == 0 {{ Err(\"zero\".to_owned()) }} else {{ Ok(format!(\"{number} {{id}}\")) }}\n}}\n",
            attribute = subject.attribute,
        );
    }
    text.push_str("#[tokio::main]\nasync fn main() {\n");
    for number in 0..functions {
        let _ = writeln!(text, "    let _ = f{number}({number}).await;");
    }
    text.push_str("}\n");
    text
}

fn build(path: &Path) -> io::Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet"])
        .current_dir(path)
        .env("CARGO_TARGET_DIR", path.join("../target"))
        .env("CARGO_INCREMENTAL", "0")
        .stdin(Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("{} does not build", path.display())))
    }
}
