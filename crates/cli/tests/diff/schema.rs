//! Whether a value is as a JSON schema says: the few keywords that ours have. Any other one is a fault of the schema.

use serde_json::Value;

/// What is wrong with `value`, a line each.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, value, "$", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    for (keyword, argument) in schema.as_object().expect("a schema is an object") {
        let is_right = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let name =
                    argument.as_str().and_then(|text| text.strip_prefix("#")).expect("a local reference");
                check(root, root.pointer(name).expect("it is defined"), value, place, faults);
                true
            }
            "const" => value == argument,
            "enum" => argument.as_array().expect("a list").contains(value),
            "type" => match argument {
                Value::Array(names) => names.iter().any(|name| is_of_type(value, name)),
                name => is_of_type(value, name),
            },
            "required" => {
                for name in argument.as_array().expect("a list").iter().filter_map(Value::as_str) {
                    if value.get(name).is_none() {
                        faults.push(format!("{place}: {name} is missing"));
                    }
                }
                true
            }
            "properties" => {
                let properties = argument.as_object().expect("an object");
                for (name, value) in value.as_object().into_iter().flatten() {
                    let place = format!("{place}.{name}");
                    match properties.get(name) {
                        Some(schema) => check(root, schema, value, &place, faults),
                        None => faults.push(format!("{place} is not described")),
                    }
                }
                true
            }
            "items" => {
                for (row, value) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, argument, value, &format!("{place}[{row}]"), faults);
                }
                true
            }
            other => panic!("the schema has the keyword {other}"),
        };
        if !is_right {
            faults.push(format!("{place}: {value} is not of {keyword} {argument}"));
        }
    }
}

fn is_of_type(value: &Value, name: &Value) -> bool {
    match name.as_str().expect("the name of a type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the schema has the type {other}"),
    }
}
