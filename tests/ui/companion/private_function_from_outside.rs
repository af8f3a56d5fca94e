mod site {
    use stampede::stampede;

    #[stampede(ttl = "5s")]
    async fn page(id: u64) -> String {
        id.to_string()
    }

    pub fn start() {
        let _ = page(1);
    }
}

fn main() {
    site::start();
    site::page::clear();
}
