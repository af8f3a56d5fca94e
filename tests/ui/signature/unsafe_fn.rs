use stampede::stampede;

#[stampede(ttl = "5s")]
async unsafe fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = unsafe { page(1) };
}
