//! Which names are assigned where, and which are read later: so loops and choices carry no more.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Comprehension, Expr, name::Name};

use crate::fold::{FOLD, Fold, SOME};
use crate::key::KEY;

use crate::step::{Line, Names, RESULT, Step};

#[derive(Default)]
struct Reads {
    names: Names,
    assigned: Names,
}

impl<'a> Visitor<'a> for Reads {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(it) => {
                self.names.insert(it.id.clone());
            }
            Expr::Named(it) => {
                if let Expr::Name(target) = &*it.target {
                    self.assigned.insert(target.id.clone());
                }
                self.visit_expr(&it.value);
            }
            Expr::Generator(it) => self.inside(&[&it.elt], &it.generators),
            Expr::ListComp(it) => self.inside(&[&it.elt], &it.generators),
            Expr::SetComp(it) => self.inside(&[&it.elt], &it.generators),
            _ => walk_expr(self, expr),
        }
    }
}

impl Reads {
    /// What a comprehension reads, without the names that are its own.
    fn inside(&mut self, elements: &[&Expr], loops: &[Comprehension]) {
        let (mut inner, mut own) = (Self::default(), Names::new());
        for it in loops {
            targets(&it.target, &mut own, &mut inner.names);
            for it in it.ifs.iter().chain([&it.iter]) {
                inner.visit_expr(it);
            }
        }
        for it in elements {
            inner.visit_expr(it);
        }
        // The first loop runs over something of outside.
        let first = loops.first().map(|it| reads(&[&it.iter]).names).unwrap_or_default();
        self.names.extend(minus(&inner.names, &own));
        self.names.extend(first);
        self.assigned.extend(inner.assigned);
    }
}

fn reads(exprs: &[&Expr]) -> Reads {
    let mut found = Reads::default();
    for expr in exprs {
        found.visit_expr(expr);
    }
    found
}

/// Names that a target assigns; what it reads besides.
pub(crate) fn targets(target: &Expr, assigned: &mut Names, read: &mut Names) {
    match target {
        Expr::Name(it) => {
            assigned.insert(it.id.clone());
        }
        Expr::Tuple(it) => it.elts.iter().for_each(|it| targets(it, assigned, read)),
        Expr::List(it) => it.elts.iter().for_each(|it| targets(it, assigned, read)),
        other => {
            let found = reads(&[other]);
            read.extend(found.names);
            assigned.extend(found.assigned);
        }
    }
}

/// Fill in what the lines assign and what is live after each; `live` is what is after the last one.
/// Answers what is live before the first, and adds what they assign.
pub(crate) fn analyse(lines: &mut [Line], live: Names, assigned: &mut Names) -> Names {
    let mut live = live;
    for line in lines.iter_mut().rev() {
        live = one(line, live);
        line.reads = mentioned(line);
        assigned.extend(line.assigned.iter().cloned());
    }
    live
}

/// Names that a statement reads, and those inside of it, which have theirs.
fn mentioned(line: &Line) -> Names {
    let mut names = Names::new();
    let (exprs, bodies): (Vec<&Expr>, Vec<&Line>) = match &line.step {
        Step::Assign { targets: to, value } => {
            for it in to {
                targets(it, &mut Names::new(), &mut names);
            }
            (vec![value], vec![])
        }
        Step::Change { target, value, .. } => (vec![target, value], vec![]),
        Step::Do(value) | Step::Fold(_, value) => (vec![value], vec![]),
        Step::Return(value) | Step::Raise(value) => (value.iter().collect(), vec![]),
        Step::Flag(..) => (vec![], vec![]),
        Step::Delete(all) => {
            names.extend(all.iter().cloned());
            (vec![], vec![])
        }
        Step::If { test, then, otherwise } => (vec![test], then.iter().chain(otherwise).collect()),
        Step::Unless { body, .. } => (vec![], body.iter().collect()),
        Step::For { target, iter, body, .. } => {
            targets(target, &mut Names::new(), &mut names);
            (vec![iter], body.iter().collect())
        }
        Step::While { test, body, .. } => (vec![test], body.iter().collect()),
        Step::Assert { test, message } => ([test].into_iter().chain(message).collect(), vec![]),
    };
    names.extend(reads(&exprs).names);
    names.extend(bodies.into_iter().flat_map(|it| it.reads.iter().cloned()));
    names
}

/// Names that an expression reads.
pub(crate) fn read_by(expr: &Expr) -> Names {
    reads(&[expr]).names
}

fn one(line: &mut Line, after: Names) -> Names {
    let mut assigned = Names::new();
    let mut before;
    match &mut line.step {
        Step::Assign { targets: to, value } => {
            let mut read = Names::new();
            for target in to.iter() {
                targets(target, &mut assigned, &mut read);
            }
            before = minus(&after, &assigned);
            let found = reads(&[value]);
            before.extend(read);
            before.extend(found.names);
            assigned.extend(found.assigned);
        }
        Step::Change { target, value, .. } => {
            let mut ignored = Names::new();
            targets(target, &mut assigned, &mut ignored);
            let found = reads(&[target, value]);
            before = after.clone();
            before.extend(found.names);
            assigned.extend(found.assigned);
        }
        Step::Do(value) => {
            let found = reads(&[value]);
            before = after.clone();
            before.extend(found.names);
            assigned.extend(found.assigned);
        }
        Step::Fold(how, value) => {
            let own: &[&str] =
                if *how == Fold::Store { &["$count", "$out"] } else { &[FOLD, SOME, KEY] };
            assigned.extend(own.iter().map(|it| Name::new(*it)));
            before = after.clone();
            before.extend(assigned.iter().cloned());
            assigned.remove("$out");
            before.extend(reads(&[value]).names);
        }
        Step::Delete(names) => {
            assigned.extend(names.iter().cloned());
            before = after.clone();
            before.extend(names.iter().cloned());
        }
        Step::Flag(name, _) => {
            assigned.insert(name.clone());
            before = minus(&after, &assigned);
        }
        Step::Return(value) => {
            assigned.insert(Name::new(RESULT));
            before = minus(&after, &assigned);
            if let Some(value) = value {
                let found = reads(&[value]);
                before.extend(found.names);
                assigned.extend(found.assigned);
            }
        }
        Step::If { test, then, otherwise } => {
            before = analyse(then, after.clone(), &mut assigned);
            before.extend(analyse(otherwise, after.clone(), &mut assigned));
            let found = reads(&[test]);
            before.extend(found.names);
            assigned.extend(found.assigned);
        }
        Step::Unless { flags, body } => {
            before = analyse(body, after.clone(), &mut assigned);
            before.extend(after.iter().cloned());
            before.extend(flags.iter().cloned());
        }
        Step::For { target, iter, body, flags } => {
            let (mut set, mut read) = (Names::new(), Names::new());
            targets(target, &mut set, &mut read);
            let mut head = after.clone();
            head.extend(flags.iter().cloned());
            loop {
                let inside = analyse(body, head.clone(), &mut assigned);
                let mut next = head.clone();
                next.extend(minus(&inside, &set));
                next.extend(read.iter().cloned());
                if next == head {
                    break;
                }
                head = next;
            }
            assigned.extend(set);
            before = head.clone();
            let found = reads(&[iter]);
            before.extend(found.names);
            line.live = head;
            line.assigned = assigned;
            line.assigned.extend(found.assigned);
            return before;
        }
        Step::While { test, body, flags } => {
            let found = reads(&[test]);
            let mut head = after.clone();
            head.extend(flags.iter().cloned());
            head.extend(found.names);
            loop {
                let inside = analyse(body, head.clone(), &mut assigned);
                let mut next = head.clone();
                next.extend(inside);
                if next == head {
                    break;
                }
                head = next;
            }
            assigned.extend(found.assigned);
            line.live = head.clone();
            line.assigned = assigned;
            return head;
        }
        Step::Raise(what) => {
            let what: Vec<&Expr> = what.iter().collect();
            before = reads(&what).names;
        }
        Step::Assert { test, message } => {
            let exprs: Vec<&Expr> = [&*test].into_iter().chain(message.as_ref()).collect();
            let found = reads(&exprs);
            before = after.clone();
            before.extend(found.names);
            assigned.extend(found.assigned);
        }
    }
    line.assigned = assigned;
    line.live = after;
    before
}

fn minus(from: &Names, what: &Names) -> Names {
    from.difference(what).cloned().collect()
}

/// Names, and names with attributes, that expressions of the lines mention: `np`, `np.sin`.
pub(crate) fn chains(lines: &[Line], found: &mut std::collections::BTreeSet<String>) {
    for line in lines {
        let exprs: Vec<&Expr> = match &line.step {
            Step::Assign { targets, value } => targets.iter().chain([value]).collect(),
            Step::Change { target, value, .. } => vec![target, value],
            Step::Do(value) | Step::Fold(_, value) => vec![value],
            Step::Return(value) | Step::Raise(value) => value.iter().collect(),
            Step::Flag(..) | Step::Delete(_) => vec![],
            Step::If { test, then, otherwise } => {
                chains(then, found);
                chains(otherwise, found);
                vec![test]
            }
            Step::Unless { body, .. } => {
                chains(body, found);
                vec![]
            }
            Step::For { target, iter, body, .. } => {
                chains(body, found);
                vec![target, iter]
            }
            Step::While { test, body, .. } => {
                chains(body, found);
                vec![test]
            }
            Step::Assert { test, message } => [test].into_iter().chain(message).collect(),
        };
        for expr in exprs {
            Chains { found }.visit_expr(expr);
        }
    }
}

struct Chains<'f> {
    found: &'f mut std::collections::BTreeSet<String>,
}

impl<'a> Visitor<'a> for Chains<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Some(chain) = chain(expr) {
            let mut end = 0;
            while let Some(at) = chain[end..].find('.') {
                self.found.insert(chain[..end + at].to_owned());
                end += at + 1;
            }
            self.found.insert(chain);
            return;
        }
        walk_expr(self, expr);
    }
}

/// A name with attributes, as it stands.
pub(crate) fn chain(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(it) => Some(it.id.to_string()),
        Expr::Attribute(it) => Some(format!("{}.{}", chain(&it.value)?, it.attr)),
        _ => None,
    }
}
