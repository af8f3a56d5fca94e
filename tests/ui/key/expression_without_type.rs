use stampede::stampede;

struct User {
    id: u64,
}

#[stampede(key = user.id)]
async fn page(user: User) -> String {
    user.id.to_string()
}

fn main() {
    let _ = page(User { id: 1 });
}
