//! Notes of how loops run, for the report.

use ir::For;

use crate::emitter::Emitter;
use crate::independent::Way;

impl Emitter<'_> {
    /// Note that of a loop in order what waits for no turn before it runs in lanes.
    pub(crate) fn tell_prepared(&mut self, it: &For) {
        let words =
            "in lanes what waits for no turn before it, {} turns at once; the rest in order";
        self.tell_words(it, words);
    }

    /// Note that the turns of a loop run in lanes as long as what is checked inside holds.
    pub(crate) fn tell_checked(&mut self, it: &For) {
        self.tell_words(it, "in lanes, {} at once, as long as what is checked inside holds");
    }

    fn tell_words(&mut self, it: &For, words: &str) {
        if let Some(own) = self.name_of(it) {
            self.loops.ways.push((own, words.replace("{}", &self.width.to_string())));
        }
    }

    fn name_of(&self, it: &For) -> Option<String> {
        let first = self.kernel.block(it.body).arguments.first()?;
        self.kernel.values[first.index()].name.clone()
    }

    /// Note how a loop with a name runs.
    pub(crate) fn tell(&mut self, it: &For, way: &Way<'_>) {
        let name = |it: &For| self.name_of(it);
        let lanes = |vectors: i64| match vectors {
            0 | 1 => format!("in lanes, {} at once", self.width),
            _ => format!("in lanes, {vectors} vectors of {} at once", self.width),
        };
        let Some(own) = name(it) else { return };
        match way {
            Way::Single => self.loops.ways.push((own, String::new())),
            Way::Lanes(_, vectors) => {
                let words = lanes(*vectors);
                self.loops.ways.push((own, words));
            }
            Way::Rows(nest) => {
                let inner = name(nest.inner).map(|it| (it, lanes(nest.vectors)));
                self.loops.ways.push((own, format!("{} turns at once", nest.rows)));
                self.loops.ways.extend(inner);
            }
        }
    }
}
