/**
 * @file The programs from which the forms of the prelude are collected: the first steps of small models, as typical programs
 * begin. The forms of each program are one module, compiled when one of them is needed; the most common programs come first.
 */

/** After this many runs a program is planned, no longer walked. */
const OFTEN = 56;

/** The programs, given the packages. */
export function preludeWorks({ autograd, nn, optim }) {
  const { cat, grad, manualSeed, noGrad, randint, randn, tensor } = autograd;
  const train = (model, optimizer, loss, steps = 4) => {
    for (let i = 0; i < steps; i++) {
      optimizer.zeroGrad();
      loss(model).backward();
      optimizer.step();
    }
    noGrad(() => loss(model).item());
  };
  const adam = (...models) => new optim.Adam(models.flatMap((m) => [...m.parameters()]));
  const squared = new nn.MSELoss();
  const entropy = new nn.CrossEntropyLoss();
  const classes = (n, most) =>
    tensor(
      Array.from({ length: n }, (_, i) => i % most),
      { dtype: 'int32' },
    );
  const perceptron = (inputs) =>
    new nn.Sequential(new nn.Linear(inputs, 32), new nn.ReLU(), new nn.Linear(32, 10));

  const perceptrons = () => {
    manualSeed(0);
    for (const [batch, width, Optimizer] of [
      [32, 16, optim.Adam],
      [8, 64, optim.SGD],
      [64, 784, optim.Adam],
    ]) {
      const model = perceptron(width);
      const x = randn([batch, width]);
      const [y, wanted] = [randn([batch, 10]), classes(batch, 10)];
      const optimizer = new Optimizer(model.parameters(), { lr: 0.01 });
      train(model, optimizer, (m) => squared.forward(m.forward(x), y));
      train(model, optimizer, (m) => entropy.forward(m.forward(x), wanted));
    }
    // Steps of optimizers, repeated until they are planned.
    for (const Optimizer of [optim.Adam, optim.AdamW, optim.SGD])
      for (const width of [16, 64, 131]) {
        const model = perceptron(width);
        const [x, y] = [randn([32, width]), randn([32, 10])];
        const optimizer = new Optimizer(model.parameters(), { lr: 0.01 });
        train(model, optimizer, (m) => squared.forward(m.forward(x), y), OFTEN);
      }
    // Batches of random rows, of any size.
    for (const batch of [1, 3, 11, 16, 33, 64]) {
      const model = perceptron(32);
      const drawn = () => [randn([batch, 32]), randint(0, 10, [batch])];
      const loss = (m, [x, wanted]) => entropy.forward(m.forward(x), wanted);
      train(model, adam(model), (m) => loss(m, drawn()), 2);
    }
    const tanh = new nn.Sequential(
      new nn.Linear(2, 8),
      new nn.Tanh(),
      new nn.Linear(8, 1),
      new nn.Sigmoid(),
    );
    const corners = tensor([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    const answers = tensor([[0], [1], [1], [0]]);
    for (const Optimizer of [optim.SGD, optim.AdamW])
      train(tanh, new Optimizer(tanh.parameters(), { lr: 0.1 }), (m) =>
        squared.forward(m.forward(corners), answers),
      );
  };

  const sequences = () => {
    manualSeed(0);
    for (const Layer of [nn.LSTM, nn.GRU]) {
      const layer = new Layer(16, 32, { batchFirst: true });
      const head = new nn.Linear(32, 4);
      for (const length of [50, 12]) {
        const [sequence, last, wanted] = [randn([8, length, 16]), randn([8, 4]), classes(8, 4)];
        const outputs = () => head.forward(layer.forward(sequence)[0].select(1, -1));
        train(null, adam(layer, head), () => squared.forward(outputs(), last));
        train(null, adam(layer, head), () => entropy.forward(outputs(), wanted), 2);
      }
    }
    const layer = () =>
      new nn.TransformerEncoderLayer(32, 4, { dimFeedforward: 64, dropout: 0, batchFirst: true });
    const transformer = new nn.Sequential(layer(), layer());
    const [embedding, head] = [new nn.Embedding(20, 32), new nn.Linear(32, 20)];
    for (const [batch, length] of [
      [4, 16],
      [2, 11],
    ]) {
      const [tokens, next] = [randn([batch, length, 32]), randn([batch, length, 32])];
      train(transformer, adam(transformer), (m) => squared.forward(m.forward(tokens), next));
      // A constant: random numbers have no values while the prelude is written, but indices are checked.
      const written = tensor(
        Array.from({ length: batch }, (_, i) => Array.from({ length }, (_, j) => (3 * i + j) % 20)),
        { dtype: 'int32' },
      );
      train(
        null,
        adam(transformer, embedding, head),
        () => {
          const scores = head.forward(transformer.forward(embedding.forward(written)));
          return entropy.forward(scores.flatten(0, 1), written.flatten());
        },
        2,
      );
    }
    // Attention of single words to growing keys and values, and of words to the words before them.
    let keys = randn([1, 4, 1, 8]);
    for (let i = 0; i < 20; i++) {
      const word = embedding.forward(randint(0, 20, [1, 1])).reshape([1, 4, 1, 8]);
      keys = cat([keys, word], 2);
      const scores = head.forward(
        word.matmul(keys.transpose(-1, -2)).softmax(-1).matmul(keys).reshape([1, 32]),
      );
      scores.argmax().item();
    }
    for (const length of [5, 20, 40, 64]) {
      const query = randn([2, 4, length, 8]).requiresGrad_();
      const causal = nn.functional.scaledDotProductAttention(query, query, query, {
        isCausal: true,
      });
      causal.square().sum().backward();
    }
  };

  const images = () => {
    manualSeed(0);
    for (const [size, padding] of [
      [28, 0],
      [12, 1],
    ]) {
      const convolutional = new nn.Sequential(
        ...[new nn.Conv2d(1, 4, 3, { padding }), new nn.ReLU(), new nn.MaxPool2d(2)],
        ...[new nn.Conv2d(4, 8, 3, { padding: 1 }), new nn.BatchNorm2d(8), new nn.ReLU()],
        ...[new nn.AdaptiveAvgPool2d(1), new nn.Flatten(), new nn.Linear(8, 10)],
      );
      const pictures = randn([8, 1, size, size]);
      train(convolutional, adam(convolutional), (m) =>
        entropy.forward(m.forward(pictures), classes(8, 10)),
      );
    }
    const digits = new nn.Sequential(
      ...[new nn.Conv2d(1, 4, 3), new nn.ReLU(), new nn.MaxPool2d(2)],
      ...[new nn.Flatten(), new nn.Linear(676, 10)],
    );
    const pictures = randn([8, 1, 28, 28]);
    train(digits, adam(digits), (m) => entropy.forward(m.forward(pictures), classes(8, 10)));
  };

  // Functions of a vector and of a matrix with their gradients; gathers, sums and products of all kinds.
  const functions = () => {
    manualSeed(0);
    const elementwise = 'exp log sin cos tanh sqrt square sigmoid relu abs neg softplus'.split(' ');
    for (const shape of [[64], [16, 48]]) {
      for (const name of elementwise) grad((x) => x[name]().sum())(randn(shape)).dataSync();
      for (const name of ['add', 'sub', 'mul', 'div', 'maximum']) {
        grad((x, y) => x[name](y).sum())(randn(shape), randn(shape)).dataSync();
        randn(shape)[name](2).dataSync();
        randn(shape)
          [name](randn(shape.slice(-1)))
          .dataSync();
      }
      for (const name of ['mean', 'max', 'std', 'logsumexp', 'softmax'])
        randn([16, 48])[name](1).dataSync?.();
    }
    for (const rows of [5, 11, 20, 40, 100, 300])
      for (const most of [2, 3, 5])
        grad((x) => entropy.forward(x, classes(rows, most)))(randn([rows, most])).dataSync();
    for (const rows of [3, 16, 40]) {
      const picked = classes(2 * rows, rows);
      const gathered = (x) => x.indexSelect(0, picked);
      grad((x) => gathered(x).square().sum())(randn([rows, 16])).dataSync();
      randn([rows, 16])
        .indexAdd(0, picked, randn([2 * rows, 16]))
        .dataSync();
      for (const name of ['sum', 'mean', 'amax'])
        for (const dim of [0, 1]) randn([rows, 48])[name](dim).dataSync();
    }
    for (const [m, k, n] of [
      [8, 8, 8],
      [16, 64, 32],
      [64, 100, 16],
      [3, 200, 50],
      [1, 64, 64],
      [64, 64, 1],
    ])
      grad((x) =>
        x
          .matmul(randn([k, n]))
          .square()
          .sum(),
      )(randn([m, k])).dataSync();
  };

  return [perceptrons, sequences, images, functions];
}
