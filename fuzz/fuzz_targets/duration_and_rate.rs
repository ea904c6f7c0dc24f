#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::checks::duration_and_rate(text));
