; Constants of every kind. Frame: n, x (i64), y (double). A block is one element:
; y = entries[x mod 8] * scale(x), the scale by a jump table, both from read-only memory.
@entries = private unnamed_addr constant [8 x double]
  [double 1.0, double 0.5, double -3.25, double 8.0, double 1.0e300, double 0.1, double 7.0, double -0.0], align 64
@scales = private unnamed_addr constant [8 x ptr] [ptr @one, ptr @two, ptr @one, ptr @two, ptr @one, ptr @two, ptr @one, ptr @two]

define internal double @one(double %v) nounwind noinline { ret double %v }
define internal double @two(double %v) nounwind noinline {
  %r = fmul double %v, 3.0
  ret double %r
}

define i64 @kernel(ptr %frame, i64 %begin, i64 %end) nounwind {
entry:
  %px = getelementptr i64, ptr %frame, i64 1
  %x = load ptr, ptr %px
  %py = getelementptr i64, ptr %frame, i64 2
  %y = load ptr, ptr %py
  %any = icmp slt i64 %begin, %end
  br i1 %any, label %loop, label %done
loop:
  %i = phi i64 [ %begin, %entry ], [ %next, %store ]
  %pi = getelementptr i64, ptr %x, i64 %i
  %v = load i64, ptr %pi
  %k = and i64 %v, 7
  %pe = getelementptr [8 x double], ptr @entries, i64 0, i64 %k
  %e = load double, ptr %pe
  %pf = getelementptr [8 x ptr], ptr @scales, i64 0, i64 %k
  %f = load ptr, ptr %pf
  %s = call double %f(double %e)
  switch i64 %v, label %store [
    i64 10, label %a
    i64 11, label %b
    i64 12, label %c
    i64 13, label %d
    i64 14, label %g
  ]
a:
  %ra = fadd double %s, 10.0
  br label %store
b:
  %rb = fsub double %s, 4.0
  br label %store
c:
  %rc = fdiv double %s, 3.0
  br label %store
d:
  %rd = fmul double %s, %s
  br label %store
g:
  br label %store
store:
  %r = phi double [ %s, %loop ], [ %ra, %a ], [ %rb, %b ], [ %rc, %c ], [ %rd, %d ], [ 99.0, %g ]
  %po = getelementptr double, ptr %y, i64 %i
  store double %r, ptr %po
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %end
  br i1 %more, label %loop, label %done
done:
  ret i64 0
}
