use stampede::stampede;

#[derive(Clone)]
struct User {
    id: u64,
}

#[stampede(key: (u64, u8) = (user.id, lang))]
async fn page(user: &User, lang: &str) -> String {
    format!("{} {lang}", user.id)
}

fn main() {
    let _ = page(&User { id: 1 }, "en");
}
