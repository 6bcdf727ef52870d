//! What officers write back: `OK 17` has it, `DK 482133` enrols.
//!
//! People write this on a phone at night: capitals, diacritics, spaces and full stops do not matter, and a few words of
//! politeness neither. Whatever else is said is not guessed at. Pure; also the short answers, in three languages.

use jiff::tz::TimeZone;

use super::pairing::NotRedeemed;
use crate::inventory::Language;
use crate::paging::{Acknowledgement, NotAcknowledged};

/// What a person meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// They have it: the matter of this number, or the last that they were told of.
    Have(Option<u16>),
    /// Their code of six digits.
    Enrol(String),
    Other,
}

/// "I have it", without diacritics.
const HAVE: &[&str] = &["ok", "oke", "okay", "okie", "ack", "nhan", "확인"];
const ENROL: &[&str] = &["dk", "dangky"];
/// What may stand beside it and means nothing.
const POLITE: &[&str] = &["da", "roi", "nhe", "nha", "a", "vang", "em", "anh", "toi", "minh", "so"];

/// Reads a message.
pub(super) fn parse(text: &str) -> Said {
    if text.chars().count() > 60 {
        return Said::Other;
    }
    let parts = parts(text);
    let numbers: Vec<&String> = parts.iter().filter(|part| part.bytes().all(|b| b.is_ascii_digit())).collect();
    let words: Vec<&str> = parts.iter().filter(|part| !numbers.contains(part)).map(String::as_str).collect();
    let joined = words.concat();
    if let ([code], true) = (&numbers[..], ENROL.contains(&joined.as_str())) {
        return if code.len() == 6 { Said::Enrol((*code).clone()) } else { Said::Other };
    }
    let has = words.iter().any(|word| HAVE.contains(word));
    let is_clear = words.iter().all(|word| HAVE.contains(word) || POLITE.contains(word));
    if !has || !is_clear {
        return Said::Other;
    }
    match &numbers[..] {
        [] => Said::Have(None),
        [number] => match number.parse::<u16>() {
            Ok(number @ 1..=999) => Said::Have(Some(number)),
            _ => Said::Other,
        },
        _ => Said::Other,
    }
}

/// Words and numbers, in lower case and without diacritics.
fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut kind = None;
    for c in text.chars().flat_map(char::to_lowercase) {
        // A combining mark belongs to the letter before it.
        if ('\u{300}'..='\u{36f}').contains(&c) {
            continue;
        }
        let c = plain(c);
        let new = if c.is_ascii_digit() { Some(0) } else { c.is_alphabetic().then_some(1) };
        match (new, parts.last_mut()) {
            (Some(_), Some(part)) if new == kind => part.push(c),
            (Some(_), _) => parts.push(c.to_string()),
            (None, _) => {}
        }
        kind = new;
    }
    parts
}

/// The letter without its marks, as far as the words above need it.
fn plain(c: char) -> char {
    match c {
        'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ' | 'ẫ' | 'ậ' => {
            'a'
        }
        'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' => 'o',
        'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' => 'e',
        'ý' | 'ỳ' | 'ỷ' | 'ỹ' | 'ỵ' => 'y',
        'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' => 'i',
        'ơ' | 'ờ' | 'ớ' | 'ở' | 'ỡ' | 'ợ' => 'o',
        'đ' => 'd',
        c => c,
    }
}

/// What came of an acknowledgement; `who` is the officer's name.
pub(super) fn acknowledged(
    result: &Result<Acknowledgement, NotAcknowledged>,
    who: &str,
    number: Option<u16>,
    language: Language,
    zone: &TimeZone,
) -> String {
    let number = number.map_or_else(String::new, |number| format!(" {number}"));
    match result {
        Ok(noted) => {
            let until = noted.expires_at.to_zoned(zone.clone()).strftime("%H:%M").to_string();
            match language {
                Language::Vietnamese => format!("Đã ghi nhận: {who} đang xử lý sự cố{number}, đến {until}."),
                Language::English => format!("Noted: {who} has incident{number}, until {until}."),
                Language::Korean => format!("확인: {who} 님이 사건{number} 처리 중입니다({until}까지)."),
            }
        }
        Err(NotAcknowledged::Unknown(_)) => match language {
            Language::Vietnamese => format!("Không có sự cố{number} nào đang mở; có thể đã khôi phục."),
            Language::English => format!("No incident{number} is open; it may be over already."),
            Language::Korean => format!("열려 있는 사건{number}이(가) 없습니다. 이미 해결되었을 수 있습니다."),
        },
        Err(NotAcknowledged::NothingTold) => match language {
            Language::Vietnamese => "Không có sự cố nào đang mở mà bạn đã được báo.".to_owned(),
            Language::English => "Nothing is open that you were told of.".to_owned(),
            Language::Korean => "알림을 받은 사건 중 열려 있는 것이 없습니다.".to_owned(),
        },
    }
}

/// What came of a code; with the name of the officer who is enrolled now.
pub(super) fn enrolled(result: &Result<String, NotRedeemed>, language: Language) -> Option<String> {
    Some(match (result, language) {
        (Err(NotRedeemed::TooOften), _) => return None,
        (Ok(who), Language::Vietnamese) => format!("Đã đăng ký: {who} nhận tin cảnh báo ở đây."),
        (Ok(who), Language::English) => format!("Enrolled: {who} gets messages here."),
        (Ok(who), Language::Korean) => format!("등록 완료: {who} 님은 여기에서 알림을 받습니다."),
        (Err(NotRedeemed::Wrong), Language::Vietnamese) => "Mã không đúng hoặc đã hết hạn. Hãy xin mã mới.".to_owned(),
        (Err(NotRedeemed::Wrong), Language::English) => "This code is wrong or too old. Ask for a new one.".to_owned(),
        (Err(NotRedeemed::Wrong), Language::Korean) => {
            "코드가 틀렸거나 만료되었습니다. 새 코드를 요청하십시오.".to_owned()
        }
    })
}

/// For an officer whose message was not understood.
pub(super) fn help(language: Language) -> &'static str {
    match language {
        Language::Vietnamese => "Để nhận xử lý, hãy trả lời OK và số sự cố, ví dụ: OK 17.",
        Language::English => "To say that you have it, answer OK and the number of the incident: OK 17.",
        Language::Korean => "처리하시려면 OK와 사건 번호로 답하십시오. 예: OK 17.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_say_that_they_have_it_in_many_ways() {
        for text in [
            "OK 17",
            "ok17",
            "Ok, 17.",
            "17 ok",
            "nhận 17",
            "NHẬN 17",
            "Đã nhận 17",
            "da nhan 17",
            "nha\u{323}\u{302}n 17",
            "#17 OK!",
            "ok 017",
            "ack:17",
            "OK\n17",
            "vâng ok 17 nhé",
            "확인 17",
            "oke 17",
            "  ok   17 ",
            "OK số 17 ạ",
        ] {
            assert_eq!(parse(text), Said::Have(Some(17)), "{text}");
        }
        for text in ["OK", "ok.", "nhận", "Đã nhận", "OK nhé", "확인", "ok anh"] {
            assert_eq!(parse(text), Said::Have(None), "{text}");
        }
    }

    #[test]
    fn what_is_not_clear_is_not_guessed_at() {
        for text in [
            "",
            "17",
            "không ok 17",
            "chưa nhận 17",
            "not ok 17",
            "no ok 17",
            "ok 17 18",
            "ok 0",
            "ok 1000",
            "ok 99999999999999999999",
            "camera 17 ok chưa?",
            "xin chào",
            "dk",
            "dk 123",
            "👍",
            "ok 17 và xem giúp camera cổng chợ với nhé anh ơi, cảm ơn nhiều lắm ạ",
        ] {
            assert_eq!(parse(text), Said::Other, "{text}");
        }
    }

    #[test]
    fn a_code_is_six_digits_after_its_word() {
        for text in ["DK 048213", "dk048213", "ĐK 048213", "Đăng ký 048213", "dang ky: 048213"] {
            assert_eq!(parse(text), Said::Enrol("048213".to_owned()), "{text}");
        }
        for text in ["048213", "DK 48213", "DK 0482133", "xin DK 048213"] {
            assert_eq!(parse(text), Said::Other, "{text}");
        }
    }

    #[test]
    fn the_answer_says_who_has_it_and_until_when() {
        let noted = Acknowledgement {
            incident: "i".to_owned(),
            at: "2026-11-22T02:20:00Z".parse().unwrap(),
            who: "truc-ban-1".to_owned(),
            how: crate::paging::How::Reply,
            expires_at: "2026-11-22T10:20:00Z".parse().unwrap(),
        };
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let text = acknowledged(&Ok(noted), "Nguyễn Văn An", Some(17), Language::Vietnamese, &zone);
        assert_eq!(text, "Đã ghi nhận: Nguyễn Văn An đang xử lý sự cố 17, đến 17:20.");
        let text = acknowledged(&Err(NotAcknowledged::NothingTold), "x", None, Language::English, &zone);
        assert_eq!(text, "Nothing is open that you were told of.");
        assert_eq!(enrolled(&Err(NotRedeemed::TooOften), Language::English), None, "who guesses gets no answer");
    }
}
