//! The gateway's own tests; what needs a whole gateway is tested with the binary.

/// One program per stage of the pipeline that leaves it out, and must not compile.
#[test]
fn no_stage_can_be_left_out() {
    trybuild::TestCases::new().compile_fail("tests/skipped/*.rs");
}
