//! Variables that are one part of an array and then another: `y = y[1:]` in a loop, `v = x[:n]` or `x[n:]`.
//!
//! Which array it is must be the same on all ways; where the part begins, its steps and lengths are numbers that
//! the variable carries. So nothing is copied, and what is stored to such a part is stored to the array.

use std::rc::Rc;

use ir::Value;
use memory::DType;

use crate::fresh::Home;
use crate::learned::Learned;
use crate::lower::Lowerer;
use crate::value::{At, Axis, Ty, Val, View};

/// What a variable holds that is a part of an array.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// One such part: what is carried is that of the last one that was seen.
    view: View,
    /// For each axis of the array, whether an index is carried.
    fixed: Vec<bool>,
    /// For each axis of the part, whether begin, step and length are.
    axes: Vec<[bool; 3]>,
}

impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.view, &other.view);
        let kept = a.home == b.home && (a.home.is_some() || a.array == b.array);
        kept && (a.dtype, a.whole, a.lent) == (b.dtype, b.whole, b.lent)
            && (&self.fixed, &self.axes) == (&other.fixed, &other.axes)
            && self.with(other).is_some_and(|it| it.fixed == self.fixed && it.axes == self.axes)
    }
}

impl Window {
    fn new(view: &View) -> Self {
        Self {
            fixed: vec![false; view.map.len()],
            axes: vec![[false; 3]; view.axes.len()],
            view: view.clone(),
        }
    }

    /// Which values are carried, in order.
    fn carried(&self) -> impl Iterator<Item = bool> {
        self.fixed.iter().copied().chain(self.axes.iter().flatten().copied())
    }

    /// What holds this part and another one, if they are parts of one array.
    fn with(&self, other: &Self) -> Option<Self> {
        let (a, b) = (&self.view, &other.view);
        let same = a.home == b.home
            && (a.home.is_some() || a.array == b.array)
            && a.dtype == b.dtype
            && a.axes.len() == b.axes.len()
            && a.map.len() == b.map.len();
        let mut fixed = Vec::new();
        for (place, both) in a.map.iter().zip(&b.map).enumerate() {
            let known = self.fixed.get(place).zip(other.fixed.get(place));
            let either = known.is_some_and(|(a, b)| *a || *b);
            fixed.push(match both {
                (At::Fixed(a), At::Fixed(b)) => either || a != b,
                (At::Axis(a), At::Axis(b)) if a == b => false,
                _ => return None,
            });
        }
        let mut axes = Vec::new();
        for ((a, b), (x, y)) in a.axes.iter().zip(&b.axes).zip(self.axes.iter().zip(&other.axes)) {
            axes.push([
                x[0] || y[0] || a.begin != b.begin,
                x[1] || y[1] || a.step != b.step,
                x[2] || y[2] || a.length != b.length,
            ]);
        }
        let lent = a.lent || b.lent;
        // Numbers of arrays are those of the newer one.
        let view = View { whole: a.whole && b.whole, lent, ..b.clone() };
        same.then_some(Self { view, fixed, axes })
    }

    /// The array that a function makes, as a part of itself.
    fn whole(home: &Rc<Home>, lent: bool, like: &View) -> Option<Self> {
        let kept = like.home.as_ref() == Some(home) && like.axes.len() == home.rank;
        let first = home.around + usize::from(home.slots);
        let straight = like.map.iter().skip(first).enumerate();
        let plain = straight.into_iter().all(|(axis, at)| *at == At::Axis(axis));
        if !kept || !plain || like.map.len() != first + home.rank {
            return None;
        }
        let mut view = View { whole: true, lent, ..like.clone() };
        for axis in &mut view.axes {
            (axis.begin, axis.step, axis.known) = (None, None, None);
        }
        let mut found = Self::new(&view);
        if home.slots {
            found.fixed[home.around] = true;
        }
        found.axes.iter_mut().for_each(|it| it[2] = true);
        Some(found)
    }

    fn of(ty: &Ty, like: &Ty) -> Option<Self> {
        match (ty, like) {
            (Ty::Window(it), _) => Some((**it).clone()),
            (Ty::Fixed(Val::View(it)), _) => Some(Self::new(it)),
            (Ty::Array(home, lent), Ty::Fixed(Val::View(like))) => Self::whole(home, *lent, like),
            (Ty::Array(home, lent), Ty::Window(like)) => Self::whole(home, *lent, &like.view),
            _ => None,
        }
    }

    /// What holds both, if that is a part of one array.
    pub(crate) fn unify(one: &Ty, other: &Ty) -> Option<Ty> {
        let both = Self::of(one, other)?.with(&Self::of(other, one)?)?;
        Some(Ty::Window(Rc::new(both)))
    }

    /// One of the parts.
    pub(crate) fn view(&self) -> &View {
        &self.view
    }

    pub(crate) fn describe(&self) -> String {
        Val::View(self.view.clone()).describe()
    }

    pub(crate) fn dtypes(&self, into: &mut Vec<DType>) {
        into.extend(self.carried().filter(|it| *it).map(|_| DType::I64));
    }

    /// The same with the home as it is now.
    pub(crate) fn homed(&self, learned: &Learned) -> Self {
        let mut now = self.clone();
        let Some(home) = &self.view.home else { return now };
        let other = learned.home((**home).clone());
        if other.slots && !home.slots {
            // Any value does: it is carried.
            let any = self.view.axes.first().map(|it| it.length);
            let any = any.or(self.view.map.iter().find_map(|it| match it {
                At::Fixed(it) => Some(*it),
                At::Axis(_) => None,
            }));
            if let Some(any) = any {
                now.view.map.insert(home.around, At::Fixed(any));
                now.fixed.insert(home.around, true);
            }
        }
        now.view.home = Some(Rc::new(other));
        now
    }
}

impl Ty {
    /// The same, carrying all that is not known before a way begins: values from this number on.
    pub(crate) fn before(self, mark: usize) -> Self {
        match self {
            Self::Tuple(items) => Self::Tuple(items.map(|it| it.clone().before(mark))),
            Self::Fixed(Val::View(view)) if !(view.whole && view.home.is_none()) => {
                let later = |it: Option<Value>| it.is_some_and(|it| it.index() >= mark);
                let mut window = Window::new(&view);
                for (at, carried) in view.map.iter().zip(&mut window.fixed) {
                    *carried = matches!(at, At::Fixed(it) if later(Some(*it)));
                }
                for (axis, carried) in view.axes.iter().zip(&mut window.axes) {
                    *carried = [later(axis.begin), later(axis.step), later(Some(axis.length))];
                }
                if window.carried().any(|it| it) {
                    return Self::Window(Rc::new(window));
                }
                Self::Fixed(Val::View(view))
            }
            other => other,
        }
    }
}

impl Lowerer<'_> {
    /// How many values there are so far.
    pub(crate) fn mark(&self) -> usize {
        self.b.kernel().values.len()
    }

    /// What a way hands on of a part of an array.
    pub(crate) fn handed_window(&mut self, view: &View, window: &Window, into: &mut Vec<Value>) {
        let fits = view.map.len() == window.fixed.len() && view.axes.len() == window.axes.len();
        if !fits {
            // A try that is made again.
            self.zeros(&Ty::Window(Rc::new(window.clone())), into);
            return;
        }
        for (at, carried) in view.map.iter().zip(&window.fixed) {
            if *carried {
                into.push(match at {
                    At::Fixed(it) => *it,
                    At::Axis(_) => self.b.constant(0i64),
                });
            }
        }
        for (axis, [begin, step, length]) in view.axes.iter().zip(&window.axes) {
            if *begin {
                into.push(axis.begin.unwrap_or_else(|| self.b.constant(0i64)));
            }
            if *step {
                into.push(axis.step.unwrap_or_else(|| self.b.constant(1i64)));
            }
            if *length {
                into.push(axis.length);
            }
        }
    }

    /// A part of an array from what is carried of it.
    pub(crate) fn rebuilt_window(
        &mut self,
        window: &Window,
        from: &mut impl Iterator<Item = Value>,
    ) -> Option<View> {
        let mut view = window.view.clone();
        for (at, carried) in view.map.iter_mut().zip(&window.fixed) {
            if *carried {
                *at = At::Fixed(from.next()?);
            }
        }
        for (axis, [begin, step, length]) in view.axes.iter_mut().zip(&window.axes) {
            let Axis { begin: first, step: by, length: count, known } = axis;
            if *begin {
                *first = Some(from.next()?);
            }
            if *step {
                *by = Some(from.next()?);
            }
            if *length {
                (*count, *known) = (from.next()?, None);
            }
        }
        view.whole = view.whole && !window.carried().any(|it| it);
        Some(view)
    }
}
