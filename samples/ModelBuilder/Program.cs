using System.Globalization;
using Microsoft.ML;
using ModelBuilder;
using ZipIt.MLNet;

string folder = AppContext.BaseDirectory;
string modelPath = Path.Combine(folder, "ZippedImages.mlnet");
if (args.Contains("--retrain") || !IsModel(modelPath))
{
    Console.WriteLine($"Zipping the classifiers into {modelPath} …");
    ZippedImages.Train(modelPath);
}

Console.WriteLine();
Console.WriteLine("image                    label                     task A             task B");
foreach (string label in Directory.GetDirectories(Path.Combine(folder, "data", "images", "test")).Order(StringComparer.Ordinal))
{
    string file = Directory.GetFiles(label).Order(StringComparer.Ordinal).First();
    ZippedImages.ModelOutput output = ZippedImages.Predict(new ZippedImages.ModelInput { ImageSource = File.ReadAllBytes(file) });
    (string best, float probability) = ZippedImages.GetSortedScoresWithLabels(output).First();
    Console.WriteLine(
        $"{Path.GetFileName(label) + "/" + Path.GetFileName(file),-24} {best,-10} {Percent(probability),8}       "
        + $"{output.PredictedLabelOfA,-10}{Percent(output.ScoreOfA.Max())}    {output.PredictedLabelOfB,-10} {Percent(output.ScoreOfB.Max())}");
}

var mlContext = new MLContext();
ITransformer model = mlContext.Model.Load(modelPath, out _);
ZipMetrics metrics = ZippedImages.Evaluate(mlContext, ZippedImages.LoadImageFromFolder(mlContext, "data/images/test"), model);
Console.WriteLine();
Console.WriteLine($"{metrics.NumberOfRows} test images: {Percent(metrics.JointAccuracy)} right among all classes");
foreach (ZipTaskMetrics task in metrics.Tasks)
    Console.WriteLine($"  task {task.Name}: {Percent(task.Accuracy)} right among its own ({string.Join(", ", task.Labels)})");

Console.WriteLine();
Console.WriteLine("What is lost when images exchange a region:");
IDataView images = ZippedImages.LoadImageFromFolder(mlContext, ZippedImages.RetrainFilePath);
foreach ((string region, double loss) in ZippedImages.CalculatePFI(mlContext, images, model, "Label").Take(4))
    Console.WriteLine($"  {region}: {Percent(loss)}");

// A file of another version of the program is no model either.
static bool IsModel(string path)
{
    if (!File.Exists(path))
        return false;
    try
    {
        new MLContext().Model.LoadZip(path, out _);
        return true;
    }
    catch (InvalidDataException error)
    {
        Console.WriteLine(error.Message);
        return false;
    }
}

static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture) + " %";
