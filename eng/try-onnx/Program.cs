using System.Globalization;
using ZipIt.TryOnnx;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is not [var folder, .. string[] filters])
{
    Console.Error.WriteLine("Expected a folder with pairs NAME-a.onnx and NAME-b.onnx, and parts of the names to try, if not all.");
    return 1;
}

int faults = 0;
foreach (string first in Directory.EnumerateFiles(folder, "*-a.onnx").Order(StringComparer.Ordinal))
{
    string name = Path.GetFileName(first)[..^"-a.onnx".Length];
    if (filters.Length > 0 && !filters.Any(name.Contains))
        continue;
    faults += new Pair(name, first, Path.Combine(folder, $"{name}-b.onnx")).Try();
}

Console.WriteLine($"{faults} faults");
return faults == 0 ? 0 : 1;
