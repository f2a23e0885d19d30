//! Named tuples: made by calling their class, read by the names of their items.

use std::sync::Arc;

use ruff_text_size::TextRange;

use crate::Constant;
use crate::call::Given;
use crate::items::{Items, Record};
use crate::lower::{Lowerer, Result};
use crate::value::Val;

impl Lowerer<'_> {
    /// A call of a class of named tuples.
    pub(crate) fn record(
        &mut self,
        range: TextRange,
        class: &Arc<Record>,
        defaults: &[(String, Constant)],
        given: Given,
    ) -> Result<Val> {
        let fields = &class.fields;
        let hint = format!("give {} to {}", fields.join(", "), class.name);
        if given.plain.len() > fields.len() {
            let message =
                format!("{} with {} items, not {}", class.name, given.plain.len(), fields.len());
            return Err(self.refuse(range, message, &hint));
        }
        let mut items: Vec<Option<Val>> = given.plain.into_iter().map(|it| Some(it.0)).collect();
        items.resize(fields.len(), None);
        self.name_items(class, &mut items, given.named, &hint)?;
        let mut found = Vec::new();
        for (item, field) in items.into_iter().zip(fields) {
            let default = defaults.iter().find(|it| it.0 == *field);
            found.push(match (item, default) {
                (Some(item), _) => item,
                (None, Some((_, constant))) => self.default(constant)?,
                (None, None) => {
                    let message = format!("{} is not given {field}", class.name);
                    return Err(self.refuse(range, message, &hint));
                }
            });
        }
        Ok(Val::Tuple(Items::named(class.clone(), found)))
    }

    /// `_replace` of a named tuple.
    pub(crate) fn replaced(
        &mut self,
        range: TextRange,
        class: &Arc<Record>,
        items: &[Val],
        given: Given,
    ) -> Result<Val> {
        let hint = format!("name some of {}", class.fields.join(", "));
        if !given.plain.is_empty() {
            return Err(self.refuse(range, "_replace of items without names", &hint));
        }
        let mut changed = vec![None; items.len()];
        self.name_items(class, &mut changed, given.named, &hint)?;
        let items = changed.into_iter().zip(items).map(|(new, old)| new.unwrap_or(old.clone()));
        Ok(Val::Tuple(Items::named(class.clone(), items.collect())))
    }

    /// Put items that are given by name in their places.
    fn name_items(
        &mut self,
        class: &Arc<Record>,
        items: &mut [Option<Val>],
        named: Vec<(String, Val, TextRange)>,
        hint: &str,
    ) -> Result<()> {
        for (name, value, at) in named {
            let place = class.fields.iter().position(|it| *it == name);
            match place.and_then(|place| items.get_mut(place)) {
                Some(slot @ None) => *slot = Some(value),
                _ => {
                    let message = format!("{} cannot be given {name}= here", class.name);
                    return Err(self.refuse(at, message, hint));
                }
            }
        }
        Ok(())
    }
}
