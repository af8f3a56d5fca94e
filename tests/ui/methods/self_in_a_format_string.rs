use stampede::stampede;

#[derive(Clone)]
struct Site {
    id: u64,
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.id)
    }
}

impl Site {
    #[stampede(ttl = "5s", skip(self))]
    async fn page(&self, id: u64) -> String {
        format!("{self} {id}")
    }
}

fn main() {
    let _ = Site { id: 1 }.id;
}
