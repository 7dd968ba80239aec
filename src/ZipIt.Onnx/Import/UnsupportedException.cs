namespace ZipIt.Onnx;

/// <summary>Why one operator cannot become a layer; collected over the whole graph.</summary>
internal sealed class UnsupportedException(string reason) : Exception(reason);
