; Refused: it keeps a count in memory of its own.
@count = internal global i64 3
define i64 @kernel(ptr %frame, i64 %begin, i64 %end) nounwind {
  %old = load i64, ptr @count
  %new = add i64 %old, %begin
  store i64 %new, ptr @count
  ret i64 %new
}
