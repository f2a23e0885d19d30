; What LLVM makes calls of. Frame: bytes a block, x, y. A block fills its part of y with 0xA5, then
; copies all but the last byte from x, and moves what it has there up by one byte.
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

define i64 @kernel(ptr %frame, i64 %begin, i64 %end) nounwind {
entry:
  %n = load i64, ptr %frame
  %px = getelementptr i64, ptr %frame, i64 1
  %x = load ptr, ptr %px
  %py = getelementptr i64, ptr %frame, i64 2
  %y = load ptr, ptr %py
  %less = sub i64 %n, 1
  br label %loop
loop:
  %i = phi i64 [ %begin, %entry ], [ %next, %loop ]
  %at = mul i64 %i, %n
  %from = getelementptr i8, ptr %x, i64 %at
  %to = getelementptr i8, ptr %y, i64 %at
  %up = getelementptr i8, ptr %to, i64 1
  call void @llvm.memset.p0.i64(ptr %to, i8 165, i64 %n, i1 false)
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %less, i1 false)
  call void @llvm.memmove.p0.p0.i64(ptr %up, ptr %to, i64 %less, i1 false)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %end
  br i1 %more, label %loop, label %done
done:
  ret i64 0
}
