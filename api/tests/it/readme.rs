//! The README's table of keys is the code's.

use std::{fs, path::PathBuf};

use crate::support::binary::run;

#[test]
fn the_configuration_table_is_what_the_code_reads() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["config", "keys"], &[]);
    assert!(output.status.success());
    let readme = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        // The default is the number of this machine's cores.
        if !line.contains("passwords.workers") {
            assert!(readme.contains(line), "README.md lacks the line\n{line}\n(bifrons config keys prints the table)");
        }
    }
}
