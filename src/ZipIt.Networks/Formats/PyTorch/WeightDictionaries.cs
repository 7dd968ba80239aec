using System.Globalization;

namespace ZipIt.Networks;

/// <summary>
/// Finds the dictionary of weights in what a checkpoint's pickle holds. Training scripts wrap it, under names of their own, beside optimizers, counters and
/// arguments.
/// </summary>
internal static class WeightDictionaries
{
    /// <summary>How deep the dictionary may lie: <c>state_dict</c> is 1, <c>ema/module</c> 2.</summary>
    private const int MostWrappers = 8;

    /// <summary>What the search takes for each container, in bytes.</summary>
    private const int StepSize = 160;

    /// <summary>The dictionary that was asked for, or the only one.</summary>
    /// <param name="root">What the pickle holds.</param>
    /// <param name="entry">Where the dictionary stands, e.g. <c>ema/module</c>, or what names inside the only one begin with; null for the only one.</param>
    /// <param name="place">File and entry for messages.</param>
    /// <param name="source">File for messages.</param>
    /// <param name="budget">Counts what the search allocates.</param>
    /// <returns>The dictionary, and whether it is the one that was asked for.</returns>
    /// <exception cref="InvalidDataException">There is no dictionary of weights, there are several, or none is called like that.</exception>
    public static (PickleDictionary Dictionary, bool IsAsked) Choose(object? root, string? entry, string place, string source, ReadingBudget budget)
    {
        List<Found> all = root is IReadOnlyList<object?> list && list.Any(IsTensor)
            ? [new Found(NumberEntries(list, budget), null)]
            : FindAll(root, budget);
        List<Found> likely = Narrow(all);
        if (likely.Count == 0)
            throw new InvalidDataException(Explain(root, place, source));
        if (entry is not null && all.Find(found => found.Path == entry) is { } asked)
            return (asked.Dictionary, true);
        if (likely is [var only])
            return (only.Dictionary, false);
        string names = string.Join(", ", likely.Take(10).Select(found => $"'{NameList.Shorten(found.Path)}' ({CountTensors(found.Dictionary)} tensors)"));
        throw new InvalidDataException(entry is null
            ? $"'{source}' holds {likely.Count} dictionaries of weights: {names}. Choose one by its name (entry: \"{NameList.Shorten(likely[0].Path)}\")."
            : $"'{source}' holds no dictionary '{NameList.Shorten(entry)}' of weights; it holds {names}.");
    }

    /// <summary>A list of tensors, as a dictionary: their names are their places, from 0.</summary>
    private static PickleDictionary NumberEntries(IReadOnlyList<object?> list, ReadingBudget budget)
    {
        var dictionary = new PickleDictionary();
        for (int i = 0; i < list.Count; i++)
        {
            budget.Take(StepSize, "its pickle");
            dictionary.Set(new PickleText(i.ToString(CultureInfo.InvariantCulture)), list[i]);
        }

        return dictionary;
    }

    /// <summary>All dictionaries with tensors, each once, the outermost first.</summary>
    private static List<Found> FindAll(object? root, ReadingBudget budget)
    {
        var found = new List<Found>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Queue<(object Container, Step? Step)>();
        Add(root, null);
        while (open.TryDequeue(out (object Container, Step? Step) next))
        {
            bool isDeepest = next.Step?.Depth == MostWrappers;
            if (next.Container is PickleDictionary dictionary)
            {
                if (dictionary.Entries.Any(entry => IsTensor(entry.Value)))
                    found.Add(new Found(dictionary, next.Step));
                foreach ((PickleText name, object? value) in isDeepest ? [] : dictionary.Entries)
                    Add(value, () => new Step(next.Step, name.Value));
            }
            else if (next.Container is IReadOnlyList<object?> list && !isDeepest)
            {
                for (int i = 0; i < list.Count; i++)
                {
                    int index = i;
                    Add(list[i], () => new Step(next.Step, index.ToString(CultureInfo.InvariantCulture)));
                }
            }
        }

        return found;

        void Add(object? value, Func<Step>? makeStep)
        {
            if (value is not (PickleDictionary or List<object?> or object?[]) || !seen.Add(value))
                return;
            budget.Take(StepSize, "its pickle");
            open.Enqueue((value, makeStep?.Invoke()));
        }
    }

    /// <summary>
    /// Those that hold a network: weights have names of modules (<c>conv1.weight</c>). Where none has, a dictionary of arrays counts, then one of single
    /// numbers; of these the outermost.
    /// </summary>
    private static List<Found> Narrow(List<Found> all)
    {
        List<Found> named = all.FindAll(found => found.Dictionary.Entries.Any(entry => IsArray(entry.Value) && entry.Key.Value.Contains('.')));
        if (named.Count > 0)
            return named;
        List<Found> arrays = all.FindAll(found => found.Dictionary.Entries.Any(entry => IsArray(entry.Value)));
        List<Found> left = arrays.Count > 0 ? arrays : all;
        return left.FindAll(found => found.Depth == left[0].Depth);
    }

    private static bool IsTensor(object? value) => value is TensorReference or PickleOpaque { TensorKind: not null };

    private static bool IsArray(object? value) => value is TensorReference { Shape.Length: > 0 } or PickleOpaque { TensorKind: not null };

    private static int CountTensors(PickleDictionary dictionary) => dictionary.Entries.Count(entry => IsTensor(entry.Value));

    /// <summary>Why there are no weights, and what to do.</summary>
    private static string Explain(object? root, string place, string source)
    {
        const string Advice = "Load the file where its classes are known, and save the state_dict() of the module with torch.save.";
        switch (root)
        {
            case PickleOpaque { TensorKind: null } opaque:
                return $"{place}, offset {opaque.Offset}: it holds a pickled object of '{opaque.Name}' and no dictionary of named tensors. Such an object is refused: only tensors and plain "
                    + $"containers are read and nothing is ever executed. {Advice}";
            case PickleOpaque opaque:
                return $"{place}, offset {opaque.Offset}: it holds {opaque} ('{opaque.Name}') and no dictionary of named tensors; it is refused.";
            case not PickleDictionary:
                return $"'{source}' holds no dictionary of named tensors. Save the module's state_dict() with torch.save.";
        }

        var dictionary = (PickleDictionary)root;
        List<string> keys = [.. dictionary.Entries.Select(entry => entry.Key.Value)];
        if (keys.Count == 0)
            return $"'{source}' holds no tensors; it holds an empty dictionary.";
        if (keys.Contains("param_groups") && keys.Contains("state"))
            return $"'{source}' holds the state of an optimizer and no network. Save the module's state_dict() with torch.save.";
        List<string> objects = [.. dictionary.Entries.Where(entry => entry.Value is PickleOpaque { TensorKind: null })
            .Select(entry => $"'{NameList.Shorten(entry.Key.Value)}' is a pickled object of '{((PickleOpaque)entry.Value!).Name}'")];
        string inside = objects.Count == 0 ? "" : $" {string.Join(", ", objects.Take(3))}, which is never made. {Advice}";
        return $"'{source}' holds no tensors; it holds {NameList.Format(keys)}.{inside}";
    }

    /// <summary>A step on the way from the root.</summary>
    private sealed record Step(Step? Before, string Name)
    {
        public int Depth { get; } = 1 + (Before?.Depth ?? 0);
    }

    /// <summary>A dictionary and the way to it.</summary>
    private sealed record Found(PickleDictionary Dictionary, Step? Step)
    {
        public int Depth => Step?.Depth ?? 0;

        /// <summary>The names on the way, e.g. <c>ema/module</c>; empty for the outermost.</summary>
        public string Path
        {
            get
            {
                var names = new Stack<string>();
                for (Step? step = Step; step is not null; step = step.Before)
                    names.Push(step.Name);
                return string.Join('/', names);
            }
        }
    }
}
