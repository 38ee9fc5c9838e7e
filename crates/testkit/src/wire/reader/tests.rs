use super::*;

async fn pieces(mut reader: Reader<&[u8]>) -> (Vec<Bytes>, io::Result<()>) {
    let mut pieces = Vec::new();
    loop {
        match reader.piece().await {
            Ok(Some(piece)) => pieces.push(piece),
            Ok(None) => return (pieces, Ok(())),
            Err(error) => return (pieces, Err(error)),
        }
    }
}

async fn read(bytes: &[u8]) -> (Head, Vec<Bytes>, io::Result<()>) {
    let mut reader = Reader::new(bytes);
    let head = reader.head().await.unwrap().unwrap();
    reader.begin(Framing::of_reply(&head, 200, false));
    let (pieces, end) = pieces(reader).await;
    (head, pieces, end)
}

#[tokio::test]
async fn a_body_with_a_length_ends_there() {
    let (head, pieces, end) = read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP").await;
    assert_eq!((head.word(1), head.header("content-length")), ("200", Some("3")));
    assert_eq!(pieces.concat(), b"abc");
    assert!(end.is_ok());
}

#[tokio::test]
async fn a_short_body_is_not_whole() {
    let (_, pieces, end) = read(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").await;
    assert_eq!(pieces.concat(), b"abc");
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn chunks_come_one_by_one_and_their_end_is_needed() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let body = "2\r\nab\r\n3;x=y\r\ncde\r\n";
    let (_, pieces, end) = read(format!("{head}{body}0\r\n\r\n").as_bytes()).await;
    assert_eq!(pieces, [&b"ab"[..], b"cde"]);
    assert!(end.is_ok());
    let (_, pieces, end) = read(format!("{head}{body}").as_bytes()).await;
    assert_eq!(pieces.len(), 2);
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    let (_, _, end) = read(format!("{head}2\r\nabc\r\n").as_bytes()).await;
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn trailers_are_kept() {
    let mut reader = Reader::new(&b"1\r\na\r\n0\r\nx-cost: 5\r\n\r\n"[..]);
    reader.begin(Framing::Chunked(Within::Size));
    assert_eq!(reader.whole().await.unwrap(), "a");
    assert_eq!(reader.trailers(), [("x-cost".to_owned(), "5".to_owned())]);
}

#[tokio::test]
async fn the_end_between_messages_is_no_error() {
    assert!(Reader::new(&b""[..]).head().await.unwrap().is_none());
    assert!(Reader::new(&b"GET /"[..]).head().await.is_err());
}
