; Refused: it calls a function that is not part of it.
declare double @sin(double)
define i64 @kernel(ptr %frame, i64 %begin, i64 %end) nounwind {
  %x = load double, ptr %frame
  %y = call double @sin(double %x)
  store double %y, ptr %frame
  ret i64 0
}
