; Takes its time: 100,000 steps a block that depend on each other. No frame.
define i64 @kernel(ptr %frame, i64 %begin, i64 %end) nounwind {
entry:
  %blocks = sub i64 %end, %begin
  %steps = mul i64 %blocks, 100000
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %v = phi i64 [ %begin, %entry ], [ %w, %loop ]
  %a = mul i64 %v, 6364136223846793005
  %w = add i64 %a, 1442695040888963407
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %steps
  br i1 %more, label %loop, label %done
done:
  %odd = and i64 %w, 0
  ret i64 %odd
}
