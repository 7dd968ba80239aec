using System.Globalization;
using ZipIt.Merging;
using ZipIt.TryOnnx;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is not [var folder, .. string[] filters])
{
    Console.Error.WriteLine("Expected a folder with pairs NAME-a.onnx and NAME-b.onnx, and parts of the names to try, if not all; 'paper' for that method.");
    return 1;
}

ZipMethod method = filters.Contains("paper") ? ZipMethod.Paper : ZipMethod.Best;
filters = [.. filters.Where(filter => filter != "paper")];

int faults = 0;
foreach (string first in Directory.EnumerateFiles(folder, "*-a.onnx").Order(StringComparer.Ordinal))
{
    string name = Path.GetFileName(first)[..^"-a.onnx".Length];
    if (filters.Length > 0 && !filters.Any(name.Contains))
        continue;
    faults += new Pair(name, first, Path.Combine(folder, $"{name}-b.onnx"), method).Try();
}

Console.WriteLine($"{faults} faults");
return faults == 0 ? 0 : 1;
