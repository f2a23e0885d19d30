; y = 2 x + 1 over float32. Frame: n, x, y. A block is 4096 elements.
define i64 @kernel(ptr noalias %frame, i64 %begin, i64 %end) nounwind {
entry:
  %n = load i64, ptr %frame, align 8
  %px = getelementptr i64, ptr %frame, i64 1
  %xa = load i64, ptr %px, align 8
  %x = inttoptr i64 %xa to ptr
  %py = getelementptr i64, ptr %frame, i64 2
  %ya = load i64, ptr %py, align 8
  %y = inttoptr i64 %ya to ptr
  %first = shl i64 %begin, 12
  %last0 = shl i64 %end, 12
  %c = icmp slt i64 %last0, %n
  %last = select i1 %c, i64 %last0, i64 %n
  %len = sub i64 %last, %first
  %whole = and i64 %len, -16
  %stop = add i64 %first, %whole
  %any = icmp slt i64 %first, %stop
  br i1 %any, label %body, label %tail
body:
  %i = phi i64 [ %first, %entry ], [ %next, %body ]
  %p = getelementptr float, ptr %x, i64 %i
  %v = load <16 x float>, ptr %p, align 4
  %t = fmul <16 x float> %v, splat (float 2.0)
  %r = fadd <16 x float> %t, splat (float 1.0)
  %q = getelementptr float, ptr %y, i64 %i
  store <16 x float> %r, ptr %q, align 4
  %next = add nuw nsw i64 %i, 16
  %more = icmp slt i64 %next, %stop
  br i1 %more, label %body, label %tail
tail:
  %k = phi i64 [ %first, %entry ], [ %stop, %body ]
  %rest = icmp slt i64 %k, %last
  br i1 %rest, label %one, label %done
one:
  %j = phi i64 [ %k, %tail ], [ %j1, %one ]
  %pj = getelementptr float, ptr %x, i64 %j
  %vj = load float, ptr %pj, align 4
  %tj = fmul float %vj, 2.0
  %rj = fadd float %tj, 1.0
  %qj = getelementptr float, ptr %y, i64 %j
  store float %rj, ptr %qj, align 4
  %j1 = add nuw nsw i64 %j, 1
  %mj = icmp slt i64 %j1, %last
  br i1 %mj, label %one, label %done
done:
  ret i64 0
}
