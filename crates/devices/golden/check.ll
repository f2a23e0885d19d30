; A check that fails. Frame: the first block that fails. Its answer is 1000 more than the block.
define i64 @kernel(ptr %frame, i64 %begin, i64 %end) nounwind {
  %bad = load i64, ptr %frame
  %start = call i64 @llvm.smax.i64(i64 %bad, i64 %begin)
  %in = icmp slt i64 %start, %end
  %code = add i64 %start, 1000
  %r = select i1 %in, i64 %code, i64 0
  ret i64 %r
}
declare i64 @llvm.smax.i64(i64, i64)
