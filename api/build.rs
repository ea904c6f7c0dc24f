//! The texts of mails are part of the binary: a changed one compiles it anew.

fn main() {
    println!("cargo:rerun-if-changed=src/mail/templates");
}
