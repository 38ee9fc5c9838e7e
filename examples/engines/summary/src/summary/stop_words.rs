//! Words that hold a language together and say nothing about a text's subject.

/// English ones. Sorted.
#[rustfmt::skip]
const WORDS: [&str; 232] = [
    "a", "about", "above", "across", "after", "again", "against", "all", "almost", "along",
    "already", "also", "although", "always", "am", "among", "an", "and", "another", "any", "are",
    "around", "as", "at", "away", "back", "be", "became", "because", "become", "been", "before",
    "being", "below", "between", "both", "but", "by", "came", "can", "cannot", "come", "could",
    "did", "do", "does", "done", "down", "during", "each", "either", "else", "enough", "even",
    "ever", "every", "few", "first", "for", "from", "further", "gave", "get", "give", "given", "go",
    "goes", "going", "gone", "got", "had", "has", "have", "having", "he", "her", "here", "hers",
    "herself", "him", "himself", "his", "how", "however", "i", "if", "in", "indeed", "instead",
    "into", "is", "it", "its", "itself", "just", "keep", "kept", "last", "later", "least", "less",
    "let", "like", "likely", "made", "make", "makes", "many", "may", "me", "might", "more", "most",
    "much", "must", "my", "myself", "near", "neither", "never", "next", "no", "nor", "not",
    "nothing", "now", "of", "off", "often", "on", "once", "one", "only", "onto", "or", "other",
    "others", "our", "ours", "out", "over", "own", "per", "perhaps", "put", "quite", "rather",
    "really", "said", "same", "saw", "say", "says", "see", "seem", "seemed", "several", "shall",
    "she", "should", "since", "so", "some", "something", "still", "such", "take", "taken", "than",
    "that", "the", "their", "theirs", "them", "themselves", "then", "there", "therefore", "these",
    "they", "this", "those", "though", "three", "through", "thus", "to", "together", "too", "took",
    "toward", "towards", "two", "under", "until", "up", "upon", "us", "use", "used", "uses",
    "using", "very", "was", "way", "we", "well", "went", "were", "what", "when", "where", "whether",
    "which", "while", "who", "whole", "whom", "whose", "why", "will", "with", "within", "without",
    "would", "year", "years", "yes", "yet", "you", "your", "yours",
];

/// Chinese ones of two characters. Sorted.
#[rustfmt::skip]
const PAIRS: [&str; 162] = [
    "一个", "一些", "一定", "一样", "一次", "一直", "一种", "一般", "一起", "下来", "不仅", "不会",
    "不再", "不同", "不少", "不断", "不是", "不能", "不过", "为了", "为何", "主要", "之一", "之中",
    "之前", "之后", "之间", "也是", "于是", "什么", "今天", "今年", "仍然", "他们", "以上", "以下",
    "以前", "以及", "以后", "以来", "任何", "但是", "作为", "你们", "使得", "例如", "全部", "关于",
    "其中", "其他", "其次", "具有", "几乎", "出来", "包括", "十分", "即使", "去年", "另外", "只是",
    "只有", "只要", "可以", "可能", "各个", "各种", "同时", "后来", "因为", "因此", "因而", "大家",
    "她们", "如何", "如果", "它们", "对于", "尤其", "就是", "尽管", "已经", "带来", "并不", "并且",
    "应当", "应该", "开始", "当时", "很多", "得到", "必须", "怎么", "总之", "成为", "我们", "或者",
    "所以", "所有", "拥有", "指出", "按照", "方面", "时候", "明天", "明年", "昨天", "更加", "曾经",
    "最后", "有些", "有关", "有时", "有的", "来说", "来越", "根据", "正在", "此外", "每个", "比如",
    "比较", "没有", "然后", "然而", "特别", "现在", "甚至", "由于", "目前", "等等", "继续", "而且",
    "能够", "自己", "虽然", "表示", "认为", "许多", "起来", "越来", "还是", "还有", "这个", "这么",
    "这些", "这样", "这次", "这种", "这里", "这项", "进行", "通过", "那个", "那么", "那些", "那样",
    "那里", "都是", "随着", "需要", "非常", "首先",
];

/// Chinese ones of one character. They are few, because most characters are also parts of words.
/// Sorted.
const CHARS: &str = "不与为之也了于从他以但你其则到却又及吗吧呀呢和哦啊嘛在她它将就并很您我或把是更最有的着而若被让还这那都";

/// Whether a word in small letters is one of them.
pub(crate) fn is_word(word: &str) -> bool {
    WORDS.binary_search(&word).is_ok()
}

/// The parts of a run of ideographs that remain without them, as ranges of the run.
pub(crate) fn between(run: &[char]) -> Vec<std::ops::Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < run.len() {
        let length = match run.get(at..) {
            Some([first, second, ..]) if is_pair(*first, *second) => 2,
            Some([char, ..]) if CHARS.contains(*char) => 1,
            _ => 0,
        };
        if length > 0 {
            parts.push(start..at);
            start = at + length;
        }
        at += length.max(1);
    }
    parts.push(start..at);
    parts.retain(|part| !part.is_empty());
    parts
}

fn is_pair(first: char, second: char) -> bool {
    PAIRS.binary_search_by(|pair| pair.chars().cmp([first, second])).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(WORDS.is_sorted());
        assert!(PAIRS.is_sorted());
        assert!(PAIRS.iter().all(|pair| pair.chars().count() == 2));
        assert!(CHARS.chars().is_sorted());
    }

    #[test]
    fn what_remains_of_a_run_is_its_subject_words() {
        let run: Vec<char> = "我们的城市正在发展但是很慢".chars().collect();
        let parts: Vec<String> =
            between(&run).into_iter().map(|part| run[part].iter().collect()).collect();
        assert_eq!(parts, ["城市", "发展", "慢"]);
        assert!(is_word("the") && !is_word("city"));
    }
}
