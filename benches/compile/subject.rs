//! The crates that are compiled: the same functions, annotated in different ways.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

/// A crate that is compiled.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    attribute: &'static str,
    imports: &'static str,
}

/// With how many of the signatures the functions are compiled.
pub(crate) const VARIETIES: [usize; 2] = [1, SIGNATURES.len()];

/// Who must not be faster.
pub(crate) const PEER: &str = "cached by_key";

pub(crate) const SUBJECTS: [Subject; 3] = [
    Subject { name: "stampede", attribute: "#[stampede(ttl = \"60s\")]", imports: "use stampede::stampede;" },
    Subject {
        name: PEER,
        attribute: "#[cached(ttl_secs = 60, sync_writes = \"by_key\")]",
        imports: "use cached::macros::cached;",
    },
    Subject { name: "no attribute", attribute: "", imports: "" },
];

/// Parameters, output, arguments of a call, and what the body comes to.
///
/// All arguments are owned, as `cached` takes them without further options. Code for the same types is compiled once: so it is
/// told what functions cost that all have the first one, and what if their types differ as they do in a service.
const SIGNATURES: [[&str; 4]; 8] = [
    [
        "id: u64",
        "Result<String, String>",
        "1",
        "if id == 0 { Err(\"zero\".to_owned()) } else { Ok(format!(\"NUMBER {id}\")) }",
    ],
    ["name: String", "Result<u64, Fault>", "String::new()", "name.parse().map_err(|_| Fault::Unreadable)"],
    ["id: u32, page: u32", "Vec<u8>", "1, 2", "vec![0; (id + page) as usize]"],
    ["id: u64", "Option<String>", "1", "(id > 0).then(|| format!(\"NUMBER {id}\"))"],
    [
        "name: String, id: u64",
        "Result<Vec<String>, Fault>",
        "String::new(), 1",
        "if id == 0 { Err(Fault::Unknown(NUMBER)) } else { Ok(vec![name]) }",
    ],
    [
        "is_short: bool, limit: i32",
        "u64",
        "true, 1",
        "if is_short { NUMBER } else { u64::from(limit.unsigned_abs()) }",
    ],
    ["code: [u8; 4]", "Result<Arc<str>, Fault>", "[0; 4]", "Ok(Arc::from(format!(\"NUMBER {code:?}\")))"],
    [
        "name: String, page: u32, is_short: bool",
        "Result<Option<u64>, Fault>",
        "String::new(), 1, true",
        "if page == 0 { Err(Fault::Unknown(NUMBER)) } else { Ok((is_short || name.is_empty()).then_some(NUMBER)) }",
    ],
];

impl Subject {
    /// Writes the crate, and returns where it is.
    pub(crate) fn write(&self, root: &Path, functions: usize, signatures: usize) -> io::Result<PathBuf> {
        let name = format!("{}-{signatures}", self.name.replace(' ', "-"));
        let path = root.join(&name);
        fs::create_dir_all(path.join("src"))?;
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        // The versions of this workspace.
        fs::copy(workspace.join("Cargo.lock"), path.join("Cargo.lock"))?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             stampede-runtime = {{ path = \"{runtime}\" }}\ncached = {{ version = \"4.1\", features = [\"async\"] }}\n\
             tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\", \"time\"] }}\n",
            runtime = workspace.join("stampede-runtime").display(),
        );
        fs::write(path.join("Cargo.toml"), manifest)?;
        fs::write(path.join("src/main.rs"), self.source(functions, signatures))?;
        Ok(path)
    }

    fn source(&self, functions: usize, signatures: usize) -> String {
        let Self { attribute, imports, .. } = self;
        let mut text = format!(
            "{imports}\n#[allow(unused_imports)]\nuse std::sync::Arc;\n\n#[derive(Clone, Debug)]\n#[allow(dead_code)]\npub enum Fault {{\n    \
             Unreadable,\n    Unknown(u32),\n}}\n\n",
        );
        let signatures = || SIGNATURES[..signatures].iter().cycle().take(functions).enumerate();
        for (number, [params, output, _, body]) in signatures() {
            let body = body.replace("NUMBER", &number.to_string());
            let _ = writeln!(
                text,
                "{attribute}\nasync fn f{number}({params}) -> {output} {{\n    tokio::task::yield_now().await;\n    {body}\n}}\n",
            );
        }
        text.push_str("#[tokio::main]\nasync fn main() {\n");
        for (number, [_, _, arguments, _]) in signatures() {
            let _ = writeln!(text, "    let _ = f{number}({arguments}).await;");
        }
        text.push_str("}\n");
        text
    }
}
