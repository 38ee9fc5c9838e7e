//! Whole texts.

use super::*;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

/// The last sentence is what the others come down to.
const ENGLISH: [&str; 8] = [
    "The old library on Mill Street opened in 1911, and its roof has leaked since March.",
    "Volunteers spent two weekends carrying boxes of books to the school gym.",
    "Dr. Alvarez, who teaches music, said the rain had ruined 3.5 metres of sheet music.",
    "A builder from the next town offered to repair the roof for $48,000.",
    "The town council has set aside half of that sum in its budget.",
    "Some children drew posters and sold lemonade near the station.",
    "Donations from readers have reached $9,000 so far.",
    "To repair the leaking roof of the library, the town council will add donations from readers \
     and volunteers to its budget.",
];

const CHINESE: [&str; 8] = [
    "这条老河穿过县城，两岸住着三万多人。",
    "夏天的暴雨常常让河水漫上街道。",
    "去年七月，洪水淹了菜市场和两所学校。",
    "李老师说：“孩子们停课了四天！”",
    "县政府请来专家，测量河道并清理淤泥。",
    "专家建议在上游修建水库，拦住洪水。",
    "河边的早点铺仍旧天天排着长队。",
    "县政府采纳专家建议，决定清理河道、修建水库，以防洪水再次淹没县城的学校。",
];

fn summary(sentences: &[&str], between: &str) -> Summary {
    Summary::of(&sentences.join(between))
}

#[test]
fn the_key_sentence_of_an_english_text_is_found_at_its_end() {
    let summary = summary(&ENGLISH, " ");
    assert!(summary.sentences.contains(&ENGLISH[7].to_owned()), "{summary:#?}");
    assert!(summary.sentences.len() <= 2, "{summary:#?}");
    for keyword in ["roof", "library"] {
        assert!(summary.keywords.contains(&keyword.to_owned()), "{summary:#?}");
    }
    assert!(summary.to_text().contains("\nKeywords: "));
}

#[test]
fn the_key_sentence_of_a_chinese_text_is_found_at_its_end() {
    let summary = summary(&CHINESE, "");
    assert!(summary.sentences.contains(&CHINESE[7].to_owned()), "{summary:#?}");
    assert!(summary.sentences.len() <= 2, "{summary:#?}");
    for keyword in ["洪水", "专家建议"] {
        assert!(summary.keywords.contains(&keyword.to_owned()), "{summary:#?}");
    }
    assert!(summary.to_text().contains("\n关键词："));
}

#[test]
fn the_key_sentence_is_found_wherever_it_stands() {
    for (sentences, between) in [(ENGLISH, " "), (CHINESE, "")] {
        for first in 0..sentences.len() {
            let mut turned = sentences;
            turned.rotate_left(first);
            let found = summary(&turned, between);
            assert!(found.sentences.contains(&sentences[7].to_owned()), "{found:#?}");
        }
    }
}

#[test]
fn two_languages_in_one_text_are_both_read() {
    let text = "The gateway keeps a receipt for every call. 网关为每次调用保存收据。\
                Each receipt names the call and its price. 收据写明调用的价格。\
                Birds sang outside.";
    let summary = Summary::of(text);
    assert!(summary.keywords.contains(&"receipt".to_owned()), "{summary:#?}");
    assert!(summary.keywords.contains(&"收据".to_owned()), "{summary:#?}");
}

#[test]
fn short_texts_are_their_own_summary() {
    assert_eq!(Summary::of("").to_text(), "");
    assert_eq!(Summary::of("?").to_text(), "?");
    assert_eq!(
        Summary::of("Ships carry grain.").to_text(),
        "Ships carry grain.\nKeywords: Ships, carry, grain"
    );
    assert_eq!(Summary::of("船运粮食。").to_text(), "船运粮食。\n关键词：船运粮食");
}

/// The size of a long text. A build without optimisation, several times slower, gets a fifth.
const LONG_BYTES: usize = if cfg!(debug_assertions) { 200_000 } else { 1_000_000 };
/// How long its summary may take; without optimisation only growth out of hand is noticed.
const LONG_SECONDS: f64 = if cfg!(debug_assertions) { 10.0 } else { 1.0 };

/// A long text with ever new words.
fn long_text(syllables: &[&str], space: &str, stop: &str) -> String {
    let mut text = String::new();
    let mut state = 1_u64;
    while text.len() < LONG_BYTES {
        for _ in 0..14 {
            for _ in 0..3 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(syllables[(state >> 33) as usize % syllables.len()]);
            }
            text.push_str(space);
        }
        text.push_str(stop);
    }
    text
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test is about time itself")]
fn a_million_bytes_take_less_than_a_second() {
    let english = long_text(&["ba", "do", "ki", "lu", "me", "ra", "si", "to", "nu"], " ", "End. ");
    let ideographs: Vec<String> = ('\u{4e00}'..'\u{5e00}').map(|char| char.to_string()).collect();
    let ideographs: Vec<&str> = ideographs.iter().map(String::as_str).collect();
    let texts = [
        english,
        long_text(&ideographs, "", "。"),
        "a".repeat(LONG_BYTES),
        "。".repeat(LONG_BYTES / 3),
        ". ".repeat(LONG_BYTES / 2),
        "哈".repeat(LONG_BYTES / 3),
        "\n".repeat(LONG_BYTES),
        "a.\"".repeat(LONG_BYTES / 3),
    ];
    for text in texts {
        let start = std::time::Instant::now();
        let summary = Summary::of(&text);
        let seconds = start.elapsed().as_secs_f64();
        let beginning: String = text.chars().take(20).collect();
        println!("{seconds:.3} s for {} bytes of {beginning:?}", text.len());
        assert!(seconds < LONG_SECONDS, "{seconds} s for {beginning:?}");
        assert!(summary.to_text().len() < 20_000);
    }
}

proptest! {
    #[test]
    fn any_text_has_a_summary_of_its_own_words(text in any::<String>()) {
        let summary = Summary::of(&text);
        prop_assert_eq!(summary.sentences.is_empty(), text.trim().is_empty());
        prop_assert_eq!(&summary, &Summary::of(&text));
    }

    #[test]
    fn texts_of_few_words_repeat_and_do_no_harm(
        text in "((cat|Dog|dogs|U\\.S\\.|3\\.5|的|天气|好)(\\. |。|, | |\n|\n\n)?){0,120}"
    ) {
        let summary = Summary::of(&text);
        prop_assert!(summary.sentences.len() <= 5 && summary.keywords.len() <= 5);
        for keyword in &summary.keywords {
            prop_assert!(text.contains(keyword.as_str()));
        }
    }
}
